import { element, setText } from './element.js';
import { duration } from './format.js';

const SAID = {
  pending: 'pending',
  running: 'running',
  retrying: 'retrying',
  awaiting: 'waits for you',
  completed: 'completed',
  failed: 'failed',
};

/** Shows how far a job is: a dot for each step, what it took, and how often it was tried. */
export function showSteps(list, steps) {
  while (list.children.length > steps.length) list.lastElementChild.remove();
  while (list.children.length < steps.length) list.append(newStep());
  steps.forEach((step, at) => showStep(list.children[at], step));
}

function newStep() {
  const item = element('li');
  item.append(
    element('i'),
    element('b'),
    element('small'),
    element('span', 'children'),
    element('span', 'unseen'),
  );
  item.firstElementChild.setAttribute('aria-hidden', 'true');
  return item;
}

function showStep(item, { name, status, attempts, tookMs, children = [] }) {
  const [, title, note, parts, said] = item.children;
  if (item.dataset.status !== status) item.dataset.status = status;
  setText(title, name);
  const notes = [
    ...(tookMs === undefined ? [] : [duration(tookMs)]),
    ...(attempts > 1 ? [`× ${attempts}`] : []),
  ];
  setText(note, notes.join(' '));
  showChildren(parts, children);
  setText(said, ` ${SAID[status]}`);
}

/** A square for each job that works for this step. */
function showChildren(place, children) {
  while (place.children.length > children.length) place.lastElementChild.remove();
  while (place.children.length < children.length) place.append(element('i'));
  children.forEach(({ name, state }, at) => {
    const square = place.children[at];
    square.title = `${name}: ${state}`;
    if (square.dataset.state !== state) square.dataset.state = state;
  });
}
