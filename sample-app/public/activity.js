import { byId, element } from './element.js';
import { clock } from './format.js';

const MAX_LINES = 150;

const SENTENCES = {
  added: () => 'added',
  active: () => 'given to a worker',
  waiting: ({ detail }) => `waits again, after ${detail}`,
  delayed: ({ detail, at }) => `is tried again in ${((Number(detail) - at) / 1000).toFixed(1)} s`,
  completed: () => 'done',
  failed: ({ detail }) => `failed: ${detail}`,
  stalled: () => 'taken back from a worker that fell silent',
  removed: () => 'removed',
  gap: ({ detail }) => `${detail ?? 'some'} events are not kept any more`,
  deduplicated: () => 'added again, left out as duplicate',
};

/** What happened, the latest first. Each event is told once, whatever happened to the connection. */
export class Activity {
  #list = byId('activity');

  add(happenings, titleOf) {
    for (const happening of happenings) this.#list.prepend(line(happening, titleOf(happening.photoId)));
    while (this.#list.children.length > MAX_LINES) this.#list.lastElementChild.remove();
  }
}

function line(happening, title = happening.photoId ? `job ${happening.photoId}` : '') {
  const item = element('li');
  item.dataset.id = happening.id;
  item.dataset.event = happening.event;
  const time = element('time', '', clock(happening.at));
  time.dateTime = new Date(happening.at).toISOString();
  const text = element('span');
  text.append(element('b', '', title), ` ${SENTENCES[happening.event]?.(happening) ?? happening.event}`);
  item.append(time, text);
  return item;
}
