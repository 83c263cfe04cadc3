import { byId, drawing, element, setText } from './element.js';
import { size } from './format.js';
import { attempt, post } from './requests.js';
import { showSteps } from './step-list.js';
import { enlarge } from './viewer.js';

const STATES = {
  waiting: 'Waiting',
  active: 'Working',
  delayed: 'Trying again',
  'waiting-children': 'Resizing',
  'awaiting-approval': 'To approve',
  completed: 'Published',
  failed: 'Failed',
};

/** The card of one photo. */
export class PhotoCard {
  photo;
  root = byId('card').content.firstElementChild.cloneNode(true);
  #text = '';

  constructor() {
    this.#find('.frame').addEventListener('click', () => enlarge(this.photo));
    const image = this.#find('.frame img');
    image.addEventListener('error', () => (image.hidden = true));
    for (const action of ['approve', 'retry']) {
      this.#onClick(`.${action}`, () => post(`photos/${encodeURIComponent(this.photo.id)}/${action}`));
    }
  }

  show(photo) {
    this.photo = photo;
    const text = JSON.stringify(photo);
    if (this.#text === text) return;
    this.#text = text;
    this.root.dataset.id = photo.id;
    this.root.dataset.state = stateOf(photo);
    this.#showTexts(photo);
    this.#showPicture(photo);
    showSteps(this.#find('.steps'), photo.steps);
    this.#find('.pictures').replaceChildren(...photo.pictures.map(pictureLink));
    this.#showButton('.approve', stateOf(photo) === 'awaiting-approval', `Approve ${photo.title}`);
    this.#showButton('.retry', photo.state === 'failed', `Retry ${photo.title}`);
  }

  #showTexts(photo) {
    setText(this.#find('h3'), photo.title);
    this.#find('h3').title = `Job ${photo.id}: ${photo.title}`;
    setText(this.#find('.state'), STATES[stateOf(photo)] ?? photo.state);
    this.#find('.state').dataset.state = stateOf(photo);
    this.#find('.facts').replaceChildren(...facts(photo));
    this.#find('.error').hidden = photo.error === undefined;
    setText(this.#find('.error'), photo.error ?? '');
  }

  #showPicture(photo) {
    const frame = this.#find('.frame');
    const image = this.#find('.frame img');
    frame.style.backgroundColor = photo.inspection?.color ?? '';
    const picture = photo.pictures.find(({ width }) => width >= 640) ?? photo.pictures[0];
    frame.disabled = !picture;
    frame.setAttribute('aria-label', picture ? `Enlarge ${photo.title}` : photo.title);
    if (!picture) image.hidden = true;
    else if (image.getAttribute('src') !== picture.url) {
      image.hidden = false;
      image.src = picture.url;
      image.alt = photo.title;
    }
    const without = photo.state === 'failed' ? 'No picture' : 'No picture yet';
    setText(this.#find('.pending'), photo.inspection ? '' : without);
  }

  /** A button that goes while it has the focus leaves it to the card, not to the start of the page. */
  #showButton(selector, isShown, label) {
    const button = this.#find(selector);
    if (!isShown && document.activeElement === button) this.#find('h3').focus({ preventScroll: true });
    button.hidden = !isShown;
    button.ariaLabel = label;
    if (!isShown) button.ariaDisabled = null;
  }

  /** Pressed once until the answer is there; a button that were really disabled would lose the focus. */
  #onClick(selector, action) {
    const button = this.#find(selector);
    button.addEventListener('click', async () => {
      if (button.ariaDisabled) return;
      button.ariaDisabled = 'true';
      if (!(await attempt(action))) button.ariaDisabled = null;
    });
  }

  #find(selector) {
    return this.root.querySelector(selector);
  }
}

/** A job that waits for a signal is a delayed one; for people it is quite another thing. */
function stateOf({ state, steps }) {
  return state === 'delayed' && steps.some(({ status }) => status === 'awaiting')
    ? 'awaiting-approval'
    : state;
}

function pictureLink(picture) {
  const link = element('a', '', String(picture.width));
  link.href = picture.url;
  link.title = `Picture of ${picture.width} px, ${size(picture.bytes)}`;
  link.setAttribute('aria-label', link.title);
  link.target = '_blank';
  return link;
}

function facts({ inspection, duplicates }) {
  const parts = inspection ? inspectionFacts(inspection) : [];
  if (duplicates > 0) parts.push(element('span', 'duplicates', `+${duplicates} left out as duplicate`));
  return parts;
}

function inspectionFacts({ width, height, format, bytes, color }) {
  const named = element('span', '', color);
  const swatch = drawing('svg', { class: 'swatch', 'aria-hidden': 'true' });
  swatch.style.background = color;
  named.prepend(swatch);
  return [
    element('span', '', `${width} × ${height}`),
    element('span', '', format.toUpperCase()),
    element('span', '', size(bytes)),
    named,
  ];
}
