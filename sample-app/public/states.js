// One word for one state, wherever it is shown: the engine's own.
export const STATES = [
  ['waiting', 'Waiting', 'Wait for a worker'],
  ['active', 'Active', 'A worker has them'],
  ['waiting-children', 'Waiting-children', 'Wait for the jobs that they added'],
  ['delayed', 'Delayed', 'Wait for their time, for another attempt or for a signal'],
  ['completed', 'Completed', 'Came to their end, and are kept for a while'],
  ['failed', 'Failed', 'Failed for good, until somebody tries them again'],
];

const WORDS = new Map(STATES.map(([state, word]) => [state, word]));

/** What a photo waits for that waits, and what it came to that is completed. */
export function reasonOf({ state, steps, review, failure }) {
  if (state === 'completed') return review?.verdict ?? '';
  if (state !== 'delayed') return '';
  if (steps.some(({ status }) => status === 'awaiting')) return 'review';
  return failure ? 'retry' : '';
}

/** Such as `Delayed · review`. */
export function showState(place, photo) {
  const reason = reasonOf(photo);
  const text = [WORDS.get(photo.state) ?? photo.state, reason].filter(Boolean).join(' · ');
  if (place.textContent !== text) place.textContent = text;
  place.dataset.state = photo.state;
  place.dataset.reason = reason;
}
