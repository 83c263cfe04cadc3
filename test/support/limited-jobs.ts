import { encodeAddJobs } from '../../lib/job/wire.generated.js';
import { addJobs } from '../../lib/redis/scripts.generated.js';
import { BODY } from './flow-call.js';
import { SEED_TIME, type ScriptLab } from './script-lab.js';

let seq = 0;

/** Adds jobs that name limits; `limits` as in `read_spec`: `;a;b`, or `?a` to wait for one that is not there. Returns a word for each. */
export async function addCall(
  lab: ScriptLab,
  ...jobs: { id?: string; limits: string; priority?: number }[]
): Promise<string[]> {
  seq += 1;
  const rest = jobs.map(
    ({ id = '', limits, priority }) => [id, `,${priority ?? ''},,${limits}`, BODY] as const,
  );
  const { reply } = await lab.run(addJobs, [SEED_TIME, `limited-${seq}`, '1', 1], encodeAddJobs(rest));
  return String(reply).split('\n').slice(1);
}
