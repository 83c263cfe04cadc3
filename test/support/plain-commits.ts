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

/** What somebody may have written by hand under the key of a job's record. */
const ODD_RECORDS = [
  'garbage',
  '',
  'waiting',
  'waiting\t\t\t\t\t\t\t\tlimit\t\t\t\t',
  'waiting\tv:3\t1\t1\t5\tme\t\t\t\t\t\t\t\na\t5,6\t7\nb\t6',
  'completed\tv:3\tx\t1\t5\tme\t5\t\t\t\t\t\t7',
];

/** Changes a queue from outside, and what it counts and what limits it. */
async function damage({ client, keys }: ScriptLab, random: Random): Promise<void> {
  for (let n = random.int(1, 2); n > 0; n -= 1) {
    const id = String(random.int(1, 10));
    const [job, body] = [keys.derived('job', id), keys.derived('body', id)];
    await random.weighted<() => Promise<unknown>>([
      [6, () => client.del(job).then(() => client.set(job, random.pick(ODD_RECORDS)))],
      [1, () => client.del(job).then(() => client.rpush(job, 'x'))],
      [1, () => client.del(body)],
      [1, () => client.del(body).then(() => client.rpush(body, 'x'))],
      [1, () => client.rpush(keys.of('waiting'), id)],
    ])();
  }
  const [field, value] = random.pick([
    ...[['eventNumber', 'x'] as const, ['eventNumber', '-1'] as const, ['eventNumber', '1.5'] as const],
    ...[['seq', '100'] as const, ['metrics', '3'] as const, ['limits', '2,,,'] as const],
    ...[['maxEvents', 'x'] as const, ['name', 'of nobody'] as const],
  ]);
  await client.hset(keys.of('meta'), field, value);
}

interface Held {
  id: string;
  token: string;
}

/** What those calls of a seed reply, and what they leave. */
export async function playCommits(
  lab: ScriptLab,
  seed: number,
  script: Commit,
  isDamaged = false,
): Promise<object> {
  const random = new Random(seed);
  await lab.given({
    jobs: randomJobs(random),
    paused: random.chance(0.05),
    maxEvents: random.pick([0, 1000]),
  });
  for (let i = 1; i <= 10; i += 1)
    await lab.client.hset(lab.keys.derived('dedup', `d${i}`), { owner: String(i) });
  if (isDamaged) await damage(lab, new Random(seed));
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
