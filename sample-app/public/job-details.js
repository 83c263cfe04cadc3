import { byId, element, setText } from './element.js';
import { clock, duration, size } from './format.js';
import { ask } from './requests.js';
import { showState } from './states.js';

/** All that is known of a job, in a dialog that keeps up with it. */
export class JobDetails {
  #dialog = byId('details');
  #photo;
  #isAsking = false;

  constructor() {
    // A click beside it closes it.
    this.#dialog.addEventListener('click', ({ target }) => target === this.#dialog && this.#dialog.close());
  }

  async open(photo) {
    this.#photo = photo;
    for (const part of this.#dialog.querySelectorAll('.timeline, .logs, .stacks, dl, .pictures'))
      part.replaceChildren();
    this.#showHead(photo);
    this.#dialog.showModal();
    await this.#load();
  }

  /** A photo has changed, maybe this one. */
  update(photo) {
    if (!this.#dialog.open || photo.id !== this.#photo.id || photo.addedAt !== this.#photo.addedAt) return;
    this.#photo = photo;
    this.#showHead(photo);
    void this.#load();
  }

  /** What changes while it is asked for is asked for again. */
  async #load() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    let photo;
    try {
      do {
        photo = this.#photo;
        const details = await ask(`photos/${encodeURIComponent(photo.id)}/details`);
        if (photo === this.#photo) this.#show(details);
      } while (photo !== this.#photo);
      this.#say('');
    } catch (error) {
      this.#say(error instanceof TypeError ? 'The app does not answer.' : error.message);
    } finally {
      this.#isAsking = false;
    }
  }

  #say(text) {
    setText(this.#find('.notice'), text);
  }

  #showHead(photo) {
    setText(this.#find('h2'), photo.title);
    showState(this.#find('.state'), photo);
    this.#find('.pictures').replaceChildren(...photo.pictures.map(pictureLink));
  }

  #show(details) {
    this.#find('dl').replaceChildren(
      ...factsOf(details).flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)]),
    );
    this.#find('.timeline').replaceChildren(
      ...details.timeline.map((moment) => momentLine(moment, details.addedAt)),
    );
    this.#find('.logs').replaceChildren(
      ...details.logs.flatMap(({ job, lines }) => block(`Job ${job}`, lines.join('\n'))),
    );
    this.#find('.stacks').replaceChildren(
      ...details.stacks.flatMap(({ job, attempt, stack }) => block(`Job ${job}, attempt ${attempt}`, stack)),
    );
    this.#find('.no-logs').hidden = details.logs.length > 0;
    this.#find('.no-stacks').hidden = details.stacks.length > 0;
  }

  #find(selector) {
    return this.#dialog.querySelector(selector);
  }
}

function factsOf({ id, queue, addedAt, worker, attemptsStarted, stalls }) {
  return [
    ['Job', id],
    ['Queue', queue],
    ['Added', clock(addedAt)],
    ['Starts', String(attemptsStarted)],
    ['Stalls', String(stalls)],
    ...(worker === undefined ? [] : [['Last worker', worker]]),
  ];
}

function momentLine({ at, what, words, isBad }, begin) {
  const item = element('li', isBad ? 'bad' : '');
  const time = element('time', '', at === begin ? clock(at) : `+ ${duration(at - begin)}`);
  time.dateTime = new Date(at).toISOString();
  item.append(time, element('b', '', what), element('span', '', words));
  return item;
}

function block(title, text) {
  return [element('h4', '', title), element('pre', '', text)];
}

function pictureLink({ url, width, height, bytes }) {
  const link = element('a', '', `${width} × ${height}, ${size(bytes)}`);
  link.href = url;
  link.target = '_blank';
  return link;
}
