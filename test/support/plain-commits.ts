import type { JobWrite } from '../../lib/job/job-write.js';
import { addPlain, type commit } from '../../lib/redis/scripts.generated.js';
import { Random } from '../simulation/random.js';
import { lastingScripts } from '../simulation/simulated-scripts.js';
import { COMMIT_TIME, runCommit } from './commit-call.js';
import { ScriptLab, type SeedJob } from './script-lab.js';

type Commit = typeof commit;

/** Commit has paths of its own for calls that only complete plain jobs and start others, one by one or many. It comes to the same without them. */
export const withPath = lastingScripts().commit;
const WITHOUT = { from: 'if not known and want > 0 and', to: 'if false and' };
export const withoutPath = lastingScripts([WITHOUT]).commit;
export const CALLS = 12;

/** Most are plain; a few have failed before, have progress, a priority, a deduplication, a parent or a delay. */
function randomJobs(random: Random): SeedJob[] {
  const jobs: SeedJob[] = [{ id: 'old', state: 'completed' }];
  for (let i = 1; i <= 10; i += 1) {
    const id = String(i);
    const odd = random.weighted<() => SeedJob>([
      [30, () => ({ id })],
      [1, () => ({ id, fields: { attemptsMade: 1, attemptsStarted: 1, token: 'v:4' } })],
      [1, () => ({ id, fields: { state: 'waiting', progress: '7' } })],
      [2, () => ({ id, fields: { state: 'waiting', dedup: `d${id}` } })],
      [1, () => ({ id, fields: { state: 'waiting', parent: 'fother:{queue}:\tabove' } })],
      [1, () => ({ id, state: 'prioritized', priority: 2 })],
      [1, () => ({ id, state: 'delayed', due: COMMIT_TIME + random.int(0, 40) })],
    ]);
    jobs.push(odd());
  }
  return jobs;
}

interface Held {
  id: string;
  token: string;
}

/** What those calls of a seed reply, and what they leave. */
export async function playCommits(lab: ScriptLab, seed: number, script: Commit): Promise<object> {
  const random = new Random(seed);
  await lab.given({
    jobs: randomJobs(random),
    paused: random.chance(0.05),
    maxEvents: random.pick([0, 1000]),
  });
  for (let i = 1; i <= 10; i += 1)
    await lab.client.hset(lab.keys.derived('dedup', `d${i}`), { owner: String(i) });
  const keep = random.pick(['', ',,', '3,,', '3,,', '0,,', '1,,', ',50,', '2,50,', '3,,1']);
  const held: Held[] = [];
  const replies: unknown[] = [];
  try {
    for (let seq = 1; seq <= CALLS; seq += 1) {
      if (random.chance(0.3)) {
        const bodies = Array.from({ length: random.int(1, 3) }, () => 'work\n{}\n{}');
        await lab.run(addPlain, [COMMIT_TIME + seq, 'adds', String(seq), 0], bodies);
      }
      const ends = held.splice(0, random.int(0, held.length)).map((job) => end(random, job, keep));
      if (ends.length > 0 && random.chance(0.05)) ends.push(ends[0]!);
      if (random.chance(0.05)) ends.push(end(random, { id: 'nobody', token: 'w:1' }, keep));
      const options = {
        ...{
          now: COMMIT_TIME + seq * random.pick([1, 30]),
          seq: String(seq),
          want: random.pick([0, 1, 1, 2, 5]),
        },
        ...{ relay: random.pick([0, 1]), worker: `w${seq}`, name: random.pick(['', 'Ann']), script },
      };
      const { before: _before, after: _after, ...reply } = await runCommit(lab, ends, options);
      replies.push(reply);
      held.push(...reply.jobs);
    }
    const state = await lab.dump();
    return { replies, state, numbers: await lab.client.hgetall(lab.keys.of('meta')) };
  } finally {
    await lab.clear();
  }
}

function end(random: Random, { id, token }: Held, keep: string): JobWrite {
  const held = random.chance(0.95) ? token : 'v:1';
  const result = random.pick(['1', '"a\\tb"', `"${'x'.repeat(70_000)}"`, '"a line\nbreak"']);
  return ['complete', id, held, result, random.chance(0.95) ? keep : '7,,'];
}
