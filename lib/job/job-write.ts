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
  | readonly ['clear-logs', id: string, token: string, keep: string];
