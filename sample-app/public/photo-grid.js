import { byId } from './element.js';
import { PhotoCard } from './photo-card.js';

const MAX_CARDS = 60;
const TICK_MS = 500;

// Ids begin anew with each new Redis, so that the time of adding belongs to the key.
const keyOf = ({ id, addedAt }) => `${id} ${addedAt}`;

/** All cards, the newest photo first. */
export class PhotoGrid {
  #cards = new Map();
  #openDetails;

  /** @param openDetails called with the photo whose details are asked for */
  constructor(openDetails) {
    this.#openDetails = openDetails;
    setInterval(() => {
      for (const card of this.#cards.values()) card.tick();
    }, TICK_MS);
  }

  /** Shows exactly these. */
  replace(photos) {
    for (const ghost of byId('photos').querySelectorAll('.ghost')) ghost.remove();
    const present = new Set(photos.map(keyOf));
    for (const key of this.#cards.keys()) if (!present.has(key)) this.#remove(key);
    this.update(photos);
  }

  /** Shows these, and what was there. */
  update(photos) {
    for (const photo of photos) {
      const key = keyOf(photo);
      const card = this.#cards.get(key) ?? this.#add(key, photo);
      card.show(photo);
    }
    const tooMany = [...this.#cards].sort(([, a], [, b]) => newerFirst(a.photo, b.photo)).slice(MAX_CARDS);
    for (const [key] of tooMany) this.#remove(key);
    byId('empty').hidden = this.#cards.size > 0;
  }

  remove(ids) {
    for (const [key, { photo }] of this.#cards) if (ids.includes(photo.id)) this.#remove(key);
    byId('empty').hidden = this.#cards.size > 0;
  }

  titleOf(id) {
    for (const { photo } of this.#cards.values()) if (photo.id === id) return photo.title;
    return undefined;
  }

  #add(key, photo) {
    const card = new PhotoCard(this.#openDetails);
    this.#cards.set(key, card);
    card.photo = photo;
    const next = [...byId('photos').children].find((other) => newerFirst(photo, this.#photoOf(other)) < 0);
    byId('photos').insertBefore(card.root, next ?? null);
    return card;
  }

  #photoOf(root) {
    for (const card of this.#cards.values()) if (card.root === root) return card.photo;
    return undefined;
  }

  #remove(key) {
    this.#cards.get(key).root.remove();
    this.#cards.delete(key);
  }
}

function newerFirst(a, b) {
  return b.addedAt.localeCompare(a.addedAt) || Number(b.id) - Number(a.id);
}
