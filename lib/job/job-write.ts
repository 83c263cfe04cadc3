/**
 * One entry of a group commit: an operation on a job under a lock token ('' for a data write without a lock), or a new
 * job (see `NewJob`).
 */
export type JobWrite =
  | readonly ['add', id: string, spec: string, body: string]
  | readonly ['complete', id: string, token: string, result: string, keep: string]
  | readonly [
      'fail',
      id: string,
      token: string,
      reason: string,
      stack: string,
      keep: string,
      exhausted: '' | '1',
    ]
  | readonly [
      'retry',
      id: string,
      token: string,
      reason: string,
      stack: string,
      delayMs: string,
      front: '' | '1',
    ]
  | readonly ['postpone', id: string, token: string, delayMs: string]
  | readonly ['wait-children', id: string, token: string, child: string]
  | readonly ['data', id: string, token: string, json: string]
  | readonly ['progress', id: string, token: string, json: string]
  | readonly ['log', id: string, token: string, line: string, keep: string]
  | readonly ['clear-logs', id: string, token: string, keep: string]
  /** `from` is the cursor as it was read, `anew` asks to forget what was done before. */
  | readonly [
      'begin-step',
      id: string,
      token: string,
      name: string,
      head: string,
      from: string,
      anew: '' | '1',
    ]
  | StepWrite
  /** The last emission of a step, of the whole run where it has none. */
  | readonly ['emit', id: string, token: string, step: string, json: string]
  | readonly ['end-wait', id: string, token: string];

/**
 * The end of a step, and what comes of it: the next cursor ('' to leave it), the head of the step that starts there ('' for
 * none), and how many operands follow that say in which way the job leaves its worker.
 */
export type StepWrite = readonly [
  'step',
  id: string,
  token: string,
  name: string,
  head: string,
  value: string,
  next: string,
  nextHead: string,
  size: string,
  ...way: readonly string[],
];

/** In which way a job leaves its worker after a step; `undo` stays and keeps why the job fails. */
export type RunExit =
  | readonly []
  | readonly ['complete', result: string, keep: string]
  | readonly ['fail', reason: string, stack: string, keep: string, exhausted: '' | '1']
  | readonly ['retry', reason: string, stack: string, delayMs: string, front: '' | '1']
  | readonly ['postpone', delayMs: string]
  | readonly ['wait-children']
  | readonly ['await-signal', signal: string, timeoutMs: string]
  | readonly ['undo', failure: string];

/** Bytes of a write about: what makes it large is in its operands. */
export function sizeOfWrite(write: JobWrite): number {
  if (write[0] !== 'step') {
    return (write[3] ?? '').length;
  }
  let size = 0;
  for (let i = 5; i < write.length; i += 1) {
    size += (write[i] as string).length;
  }
  return size;
}
