import { byId, element, setText } from './element.js';

const STATES = [
  ['waiting', 'Waiting', 'Wait for a worker'],
  ['active', 'Active', 'A worker has them'],
  ['waiting-children', 'Parents', 'Wait for their children'],
  ['delayed', 'Delayed', 'Wait for their time, or for a signal'],
  ['completed', 'Done', 'Completed, and kept for a while'],
  ['failed', 'Failed', 'Failed for good, until somebody tries them again'],
];

/** How many jobs of which state each queue holds. */
export function showQueues(counts) {
  const table = byId('queues');
  if (!table.tHead) table.append(headOf());
  const body = table.tBodies[0] ?? table.appendChild(element('tbody'));
  for (const [queue, states] of Object.entries(counts)) {
    const row = [...body.rows].find(({ dataset }) => dataset.queue === queue) ?? newRow(body, queue);
    STATES.forEach(([state], at) => {
      const cell = row.cells[at + 1];
      const count = (states[state] ?? 0) + (state === 'waiting' ? (states.prioritized ?? 0) : 0);
      setText(cell, String(count));
      cell.classList.toggle('none', count === 0);
    });
  }
}

function headOf() {
  const head = element('thead');
  const row = head.appendChild(element('tr'));
  row.append(element('td'));
  for (const [state, title, meaning] of STATES) {
    const cell = row.appendChild(element('th', '', title));
    cell.title = meaning;
    cell.scope = 'col';
    cell.dataset.state = state;
  }
  return head;
}

function newRow(body, queue) {
  const row = body.appendChild(element('tr'));
  row.dataset.queue = queue;
  const name = row.appendChild(element('th', '', queue));
  name.scope = 'row';
  for (const [state] of STATES) row.appendChild(element('td')).dataset.state = state;
  return row;
}
