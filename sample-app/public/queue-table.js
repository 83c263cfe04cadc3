import { byId, element, setText } from './element.js';
import { STATES } from './states.js';

/** Shown until it is known which queues there are. */
const QUEUES = ['photos', 'pictures', 'pulses', 'upkeep'];

/** How many jobs of which state each queue holds: a column for a queue, a row for a state. */
export function showQueues(counts) {
  const table = byId('queues');
  const queues = Object.keys(counts);
  const shown = [...table.querySelectorAll('thead th')].map(({ textContent }) => textContent);
  if (shown.length === 0) fill(table, queues.length > 0 ? queues : QUEUES);
  else if (queues.length > 0 && queues.join() !== shown.join()) fill(table, queues);
  for (const [queue, states] of Object.entries(counts)) {
    for (const [state] of STATES) {
      const cell = table.querySelector(`td[data-queue="${CSS.escape(queue)}"][data-state="${state}"]`);
      const count = (states[state] ?? 0) + (state === 'waiting' ? (states.prioritized ?? 0) : 0);
      setText(cell, String(count));
      cell.classList.toggle('none', count === 0);
    }
  }
}

function fill(table, queues) {
  table.tHead?.remove();
  table.tBodies[0]?.remove();
  const top = table.createTHead().insertRow();
  top.append(element('td'));
  for (const queue of queues) top.appendChild(element('th', '', queue)).scope = 'col';
  const body = table.createTBody();
  for (const [state, word, meaning] of STATES) {
    const row = body.insertRow();
    const name = row.appendChild(element('th', '', word));
    name.scope = 'row';
    name.title = meaning;
    name.dataset.state = state;
    for (const queue of queues) {
      const cell = row.appendChild(element('td', 'none', '–'));
      cell.dataset.queue = queue;
      cell.dataset.state = state;
    }
  }
}
