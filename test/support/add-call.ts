import { encodeAddJobs } from '../../lib/job/wire.generated.js';
import { addJobs } from '../../lib/redis/scripts.generated.js';
import type { ScriptLab, Trial } from './script-lab.js';
import { SEED_TIME } from './seed-queue.js';

export interface AddOptions {
  now?: number;
  writer?: string;
  seq?: string;
  wake?: number;
}

/** A job to add; `spec` as the script takes it: 'delayMs,priority,front,timestamp'. */
export interface AddedJob {
  id?: string;
  spec?: string;
  name?: string;
  /** JSON. */
  opts?: string;
  data?: string;
}

/** Now, unless a call says otherwise. */
export const ADD_TIME = SEED_TIME + 1000;

/** Adds jobs in one call, waking a worker unless an option says otherwise. */
export function runAdd(lab: ScriptLab, jobs: readonly AddedJob[], options: AddOptions = {}): Promise<Trial> {
  const { now = ADD_TIME, writer = 'a', seq = '1', wake = 1 } = options;
  const rest = jobs.map(
    ({ id = '', spec = '', name = 'work', opts = '{}', data = '{}' }) =>
      [id, spec, `${name}\n${opts}\n${data}`] as const,
  );
  return lab.run(addJobs, [now, writer, seq, wake], encodeAddJobs(rest));
}
