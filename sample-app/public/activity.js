import { byId, element } from './element.js';
import { clock } from './format.js';

const MAX_LINES = 200;

/** What happened, the latest first. Each event is told once, whatever happened to the connection. */
export class Activity {
  #list = byId('activity');
  #shown = new Set();

  add(happenings, titleOf) {
    for (const happening of happenings) {
      const key = `${happening.queue} ${happening.id}`;
      if (this.#shown.has(key)) continue;
      this.#shown.add(key);
      // What is told later may have happened before: queues are read one beside the other.
      const before = [...this.#list.children].find(({ dataset }) => Number(dataset.at) <= happening.at);
      this.#list.insertBefore(line(happening, titleOf(happening.photoId)), before ?? null);
    }
    while (this.#list.children.length > MAX_LINES) {
      const { queue, id } = this.#list.lastElementChild.dataset;
      this.#shown.delete(`${queue} ${id}`);
      this.#list.lastElementChild.remove();
    }
  }
}

function line(happening, title = happening.photoId ? `job ${happening.photoId}` : '') {
  const item = element('li');
  item.dataset.at = happening.at;
  item.dataset.id = happening.id;
  item.dataset.queue = happening.queue;
  item.dataset.event = happening.event;
  const time = element('time', '', clock(happening.at));
  time.dateTime = new Date(happening.at).toISOString();
  const text = element('span');
  text.append(element('b', '', title), ` ${happening.words}`);
  item.append(time, text);
  return item;
}
