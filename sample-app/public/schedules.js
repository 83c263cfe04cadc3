import { byId, element } from './element.js';
import { clock } from './format.js';
import { ask, attempt, post } from './requests.js';
import { serverNow } from './server-clock.js';

const ASK_EVERY_MS = 5000;
const EAGER_S = 5;
const WORDS = { report: 'Report', tidy: 'Tidy-up of pictures' };

/** What the app does by itself: when next, and what came of it last. */
export class Schedules {
  #list = byId('schedules');
  #next = new Map();
  #askedAt = 0;
  /** Seconds for which it is asked each second, as somebody waits for what a run comes to. */
  #eager = 0;

  /** Every second, and as soon as Redis answers. */
  tick(now = false) {
    for (const [name, next] of this.#next) this.#show(name, next);
    const passed = [...this.#next.values()].some((next) => next <= serverNow());
    const eager = this.#eager > 0;
    if (eager) this.#eager -= 1;
    if (now || passed || eager || performance.now() - this.#askedAt > ASK_EVERY_MS) void this.#ask();
  }

  async #ask() {
    this.#askedAt = performance.now();
    const schedules = await ask('schedules').catch(() => undefined);
    if (schedules === undefined) return;
    this.#next = new Map(schedules.map(({ name, next }) => [name, next]));
    const rows = [...this.#list.children].map(({ dataset }) => dataset.name);
    if (rows.join() !== schedules.map(({ name }) => name).join())
      this.#list.replaceChildren(...schedules.map(({ name }) => rowOf(name, () => this.#run(name))));
    for (const { name, next, last } of schedules) {
      this.#show(name, next);
      this.#row(name).querySelector('.last').textContent = last
        ? `${clock(last.at)}: ${last.words}`
        : 'has not run yet';
    }
  }

  async #run(name) {
    await post(`schedules/${encodeURIComponent(name)}/run`);
    this.#eager = EAGER_S;
  }

  #show(name, next) {
    const left = Math.max(0, Math.round((next - serverNow()) / 1000));
    const [hours, minutes, seconds] = [left / 3600, (left / 60) % 60, left % 60].map(Math.floor);
    const when =
      hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${seconds} s` : `${seconds} s`;
    this.#row(name).querySelector('.next').textContent = `in ${when}`;
  }

  #row(name) {
    return this.#list.querySelector(`[data-name="${CSS.escape(name)}"]`);
  }
}

function rowOf(name, run) {
  const row = element('li');
  row.dataset.name = name;
  const button = element('button', '', 'Run now');
  button.type = 'button';
  button.addEventListener('click', () => attempt(run));
  row.append(
    element('strong', '', WORDS[name] ?? name),
    element('span', 'next'),
    element('span', 'last'),
    button,
  );
  return row;
}
