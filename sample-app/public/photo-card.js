import { byId, drawing, element, setText } from './element.js';
import { size } from './format.js';
import { attempt, post } from './requests.js';
import { serverNow } from './server-clock.js';
import { reasonOf, showState } from './states.js';
import { showSteps } from './step-list.js';
import { enlarge } from './viewer.js';

/** The card of one photo. */
export class PhotoCard {
  photo;
  root = byId('card').content.firstElementChild.cloneNode(true);
  #text = '';

  /** @param openDetails called with the photo */
  constructor(openDetails) {
    this.#find('.frame').addEventListener('click', () => enlarge(this.photo));
    const image = this.#find('.frame img');
    image.addEventListener('error', () => (image.hidden = true));
    for (const action of ['approve', 'reject', 'retry']) {
      this.#onClick(`.${action}`, () => post(`photos/${encodeURIComponent(this.photo.id)}/${action}`));
    }
    this.#find('.details').addEventListener('click', () => openDetails(this.photo));
  }

  show(photo) {
    this.photo = photo;
    const text = JSON.stringify(photo);
    if (this.#text === text) return;
    this.#text = text;
    const { title } = photo;
    this.root.dataset.id = photo.id;
    this.root.dataset.state = photo.state;
    this.root.dataset.reason = reasonOf(photo);
    this.#showTexts(photo);
    this.#showPicture(photo);
    showSteps(this.#find('.steps'), photo.steps);
    const isToReview = reasonOf(photo) === 'review';
    this.#showButton('.approve', isToReview, `Approve ${title}`);
    this.#showButton('.reject', isToReview, `Reject ${title}`);
    this.#showButton('.retry', photo.state === 'failed', `Retry ${title}`);
    this.#find('.details').ariaLabel = `Details of ${title}, job ${photo.id}`;
    this.tick();
  }

  /** Shows what changes with the time alone. */
  tick() {
    const { failure } = this.photo;
    if (!failure) return;
    const left =
      failure.retryAt === undefined ? undefined : Math.ceil((failure.retryAt - serverNow()) / 1000);
    const then = left === undefined ? '' : left > 0 ? ` · retry in ${left} s` : ' · retry now';
    setText(
      this.#find('.tries'),
      `${failure.what} failed, attempt ${failure.attempt} of ${failure.attempts}${then}`,
    );
  }

  #showTexts(photo) {
    setText(this.#find('h3'), photo.title);
    this.#find('h3').title = photo.title;
    setText(this.#find('.id'), `Job ${photo.id}`);
    showState(this.#find('.state'), photo);
    this.#find('.facts').replaceChildren(...facts(photo));
    this.#find('.failure').hidden = photo.failure === undefined;
    this.#find('.failure').classList.toggle('final', photo.state === 'failed');
    setText(this.#find('.why'), photo.failure?.reason ?? '');
  }

  /** The browser takes the picture that suits the place and the screen. */
  #showPicture(photo) {
    const frame = this.#find('.frame');
    const image = this.#find('.frame img');
    frame.style.backgroundColor = photo.inspection?.color ?? '';
    const [smallest] = photo.pictures;
    frame.disabled = !smallest;
    frame.setAttribute('aria-label', smallest ? `Enlarge ${photo.title}` : photo.title);
    const set = photo.pictures.map(({ url, width }) => `${url} ${width}w`).join(', ');
    if (!smallest) {
      image.hidden = true;
      image.srcset = '';
    } else if (image.getAttribute('srcset') !== set) {
      image.hidden = false;
      image.srcset = set;
      image.alt = photo.title;
    }
    setText(this.#find('.pending'), pendingWords(photo));
  }

  /** A button that goes while it has the focus leaves it to the card, not to the start of the page. */
  #showButton(selector, isShown, label) {
    const button = this.#find(selector);
    if (!isShown && document.activeElement === button) this.#find('h3').focus({ preventScroll: true });
    button.hidden = !isShown;
    button.ariaLabel = label;
    if (!isShown) button.ariaDisabled = null;
  }

  /** Pressed once until the response is there; a button that were really disabled would lose the focus. */
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

function pendingWords({ inspection, state }) {
  if (inspection) return '';
  return state === 'failed' ? 'No picture' : 'No picture yet';
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
