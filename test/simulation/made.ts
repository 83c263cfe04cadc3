import type { Call } from './call.js';
import type { Expectation } from './model/expect-reply.js';
import type { Snapshot } from './snapshot.js';

/** One call that was made. */
export interface Made {
  call: Call;
  expected: Expectation;
  reply: unknown;
  now: number;
  before: Snapshot;
  after: Snapshot;
}
