import { byId, setText } from './element.js';
import { clock } from './format.js';
import { forgetRefusal } from './requests.js';

const WORDS = {
  connecting: 'Connecting',
  live: 'Live',
  away: 'Redis is away',
  reconnecting: 'Reconnecting',
};

/** How true the page is: live only while the app and its Redis answer, and everything has been shown since they do. */
export class Connection {
  #isOpen = false;
  #wasOpen = false;
  #redis = 'unknown';
  #isShown = false;
  #shownAt = 0;

  opened() {
    this.#isOpen = true;
    this.#wasOpen = true;
    this.#show();
  }

  lost() {
    this.#isOpen = false;
    this.#isShown = false;
    this.#redis = 'unknown';
    this.#show();
  }

  redisIs(state) {
    this.#redis = state;
    if (state === 'away') this.#isShown = false;
    this.#show();
  }

  shown() {
    this.#isShown = true;
    this.#show();
  }

  /** News has come: what is shown is of now. */
  heard() {
    if (this.#state === 'live') this.#shownAt = Date.now();
  }

  get #state() {
    if (!this.#isOpen) return this.#wasOpen ? 'reconnecting' : 'connecting';
    if (this.#redis === 'away') return 'away';
    return this.#isShown ? 'live' : 'connecting';
  }

  #show() {
    const state = this.#state;
    document.body.dataset.connection = state;
    byId('connection').dataset.state = state;
    setText(byId('connection'), WORDS[state]);
    if (state === 'live') {
      this.#shownAt = Date.now();
      if (!byId('outage').hidden) forgetRefusal();
      byId('outage').hidden = true;
    } else if (state !== 'connecting') {
      byId('outage').hidden = false;
      setText(byId('outage'), this.#outage(state));
    }
  }

  #outage(state) {
    const what = state === 'away' ? 'Redis does not answer.' : 'The app does not answer.';
    const meanwhile = this.#shownAt
      ? `This is how things were at ${clock(this.#shownAt)}.`
      : 'Photos are shown as soon as it does.';
    return `${what} ${meanwhile} The page goes on by itself.`;
  }
}
