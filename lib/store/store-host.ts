import type { Codec } from '../job/codec.js';
import type { JobRecord } from '../job/job-record.js';
import type { JobClass } from '../job/job-store.js';
import type { Tracing } from '../job/tracing.js';
import type { Durability } from './durability.js';

/** What those who hold a store give it. */
export interface StoreHost {
  progressed?: (job: unknown, progress: unknown) => void;
  /** A lock was extended by hand; until when, by `runtime.monotonicMs`. */
  extended?: (id: string, token: string, until: number) => void;
  /** A job that is held under this token was cancelled; how, as it is stored. */
  cancelled?: (id: string, token: string, how: string) => void;
  codec?: Codec | undefined;
  /** Milliseconds of silence after which a call is given up. */
  callTimeoutMs?: number | undefined;
  /** Adds that may wait while Redis does not reply. */
  backlog?: number | undefined;
  durability?: Durability | undefined;
  tracing?: Tracing | undefined;
  jobClass?: JobClass | undefined;
  /** Fetches a job by hand. */
  fetchNext?: (token: string) => Promise<JobRecord | undefined>;
}
