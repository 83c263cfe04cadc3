import { encodeAddJobs } from '../../lib/job/wire.generated.js';
import { addJobs } from '../../lib/redis/scripts.generated.js';
import { BODY } from './flow-call.js';
import { SEED_TIME, type ScriptLab } from './script-lab.js';

export interface GroupedJob {
  id?: string;
  group: string;
  weight?: number;
  priority?: number;
  most?: number;
  delay?: number;
  limits?: string;
}

let calls = 0;

/** What a job of a group asks of the engine, see `read_spec`. */
export function groupedSpec({ group, weight, priority, most, delay, limits }: GroupedJob): string {
  return `${delay ?? ''},${priority ?? ''},,@${weight ?? ''},${most ?? ''},${group}\u001e${limits ?? ''}`;
}

/** Adds jobs of groups. Returns a word for each. */
export async function addGrouped(lab: ScriptLab, ...jobs: GroupedJob[]): Promise<string[]> {
  calls += 1;
  const rest = jobs.map((job) => [job.id ?? '', groupedSpec(job), BODY] as const);
  const { reply } = await lab.run(addJobs, [SEED_TIME, `grouped-${calls}`, '1', 1], encodeAddJobs(rest));
  return String(reply).split('\n').slice(1);
}
