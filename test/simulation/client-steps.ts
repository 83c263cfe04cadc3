import type { JobWrite } from '../../lib/job/job-write.js';
import { encodeAddJobs, encodeCommit } from '../../lib/job/wire.generated.js';
import { LISTED_STATES } from '../../lib/job/job-state.js';
import { DEDUP_IDS, newDeduplicated } from './dedup-rule.js';
import type { CallSession } from './call-session.js';
import type { Random } from './random.js';
import { CAPS } from './simulated-scripts.js';
import type { SimulatedQueue } from './simulated-queue.js';
import type { World } from './world.js';

const CUSTOM_IDS = ['a', 'b', 'c', 'd', 'e', 'f', '1e5', '0xab'];
const MOST_JOBS = 26;
const BODIES = [
  'mail\n{}\n{}',
  'mail\n{"attempts":3}\n[]',
  'x\n{}\n{"a":[],"n":12345678901234567890}',
  'y\n{}\n"é😀"',
];

/** Adds a batch of jobs of all kinds, unless there are many. */
export async function addJobs(world: World): Promise<void> {
  const { random, now } = world;
  const { queue, producers } = world.site();
  const session = producers.find(({ unanswered }) => !unanswered);
  if (!session || queue.model.jobs.size > MOST_JOBS) return;
  const count = random.chance(0.02)
    ? CAPS.ADD_CAP + 1
    : random.pick(world.options.deduplicated > 0 ? [1, 2, 5] : [1, 1, 1, 2, 5]);
  const jobs = Array.from({ length: count }, () => newJob(world, queue));
  if (world.options.deduplicated > 0 && count < 3 && random.chance(0.4)) {
    const entries = encodeCommit(jobs.map((job) => ['add', ...job]));
    return world.ask(session, 'commit', now, [0, 0, '', '', 0, 0, 0, 0, ',,,'], entries);
  }
  const wake = random.chance(0.8) ? 1 : 0;
  // Many ask for nothing, which is a call of another kind.
  if (random.chance(0.3)) {
    const bodies = jobs.map(([, , body]) => body);
    return world.ask(session, 'addPlain', now, [wake], bodies);
  }
  await world.ask(session, 'addJobs', now, [wake], encodeAddJobs(jobs));
}

/** Id, what it asks for, body. */
export type NewJobParts = [id: string, spec: string, body: string];

export function newJob(world: World, queue: SimulatedQueue): NewJobParts {
  const { random, now, options } = world;
  if (options.deduplicated === 0) return newPlainJob(random, now);
  const { dedups, jobs } = queue.model;
  // Within a ttl, the id of an owner that is gone can be given away: what is added then is sought out.
  const owners = [...dedups].filter(([, { until }]) => until > now);
  const free = owners.find(([, { owner }]) => !jobs.has(owner) && !/^\d/.test(owner))?.[1].owner;
  const lent = owners.find(
    ([dedup, { owner }]) => jobs.has(owner) && jobs.get(owner)?.fields.dedup !== dedup,
  )?.[0];
  const [id, ...job] = random.chance(options.deduplicated)
    ? newDeduplicated(random, now, random.chance(0.3) ? lent : undefined)
    : newPlainJob(random, now);
  return [free !== undefined && random.chance(0.2) ? free : id, ...job];
}

function newPlainJob(random: Random, now: number): NewJobParts {
  const id = random.chance(0.35) ? random.pick(CUSTOM_IDS) : '';
  const delay = random.chance(0.3) ? String(random.pick([0, 1, 500, 500, 9000, 25_000])) : '';
  const priority = random.chance(0.35) ? String(random.int(0, 3)) : '';
  const front = random.chance(0.2) ? '1' : '';
  const timestamp = random.chance(0.1) ? String(now - random.int(0, 2000)) : '';
  const spec =
    delay + priority + front + timestamp === '' ? '' : [delay, priority, front, timestamp].join(',');
  return [id, spec, random.pick(BODIES)];
}

/** Something that a person or a program asks of the queue from outside. */
export async function operate(world: World): Promise<void> {
  const { random, now, options } = world;
  const { queue, operators } = world.site();
  const { model } = queue;
  const session = operators.find(({ unanswered }) => !unanswered);
  if (!session) return;
  const owners = [...model.dedups.values()].map(({ owner }) => owner);
  const id = random.pick([...model.jobs.keys(), ...owners, ...owners, ...CUSTOM_IDS, '1', '99999']);
  const flag = (): number => random.int(0, 1);
  const finished = random.pick(['completed', 'failed']);
  const plain = (
    script: 'drainQueue' | 'pauseQueue' | 'closeRateLimit' | 'retryJobs',
    ...args: (string | number)[]
  ) => queue.call({ script, args, rest: [] });
  const action = random.weighted<() => Promise<unknown>>([
    [5, () => world.ask(session, 'removeJob', now, [id])],
    [5, () => world.ask(session, 'retryJob', now, [id, finished, flag(), flag(), flag()])],
    [5, () => world.ask(session, 'promoteJob', now, [id])],
    [5, () => world.ask(session, 'changeDelay', now, [id, random.pick([0, 100, 8000])])],
    [5, () => world.ask(session, 'changePriority', now, [id, random.int(0, 3), flag()])],
    [6, () => world.ask(session, 'cleanJobs', now, cleanArgs(random))],
    [1, () => plain('drainQueue', now, flag(), 0, 0, 0, '-inf', '-inf', '1,0,0')],
    [model.paused ? 12 : 3, () => plain('pauseQueue', model.paused ? 0 : 1)],
    [1, () => plain('pauseQueue', model.paused ? 1 : 0)],
    [2, () => plain('closeRateLimit', now, random.pick([0, 1000]))],
    [2, () => plain('retryJobs', now, finished, random.int(0, 20), random.pick([0, now - 1000]))],
    [
      2,
      () =>
        queue.call({ script: 'promoteJobs', args: [now], rest: someIds(random, model.order.delayed, id) }),
    ],
    [
      3,
      () =>
        world.ask(
          session,
          'commit',
          now,
          [0, 0, '', '', 0, 0, 0, 0, ',,,'],
          encodeCommit([unlocked(random, id)]),
        ),
    ],
    ...(options.deduplicated > 0 ? dedupActions(world, session, id) : []),
  ]);
  // Who makes a job runnable must wake a worker himself where all of them have gone to sleep.
  if (options.deduplicated > 0 && random.chance(0.5)) await queue.takeWake();
  await action();
}

type Action = readonly [weight: number, action: () => Promise<unknown>];

function dedupActions(world: World, session: CallSession, id: string): Action[] {
  const { random, now } = world;
  const { queue } = session;
  const { jobs, dedups } = queue.model;
  const dedup = random.pick(DEDUP_IDS);
  const current = dedups.get(dedup)?.owner ?? id;
  const owner = random.pick(['', '', current, id]);
  const actions: Action[] = [
    [8, () => world.ask(session, 'removeDedupKey', now, [dedup, owner])],
    [6, () => world.ask(session, 'removeJob', now, [current])],
    [3, () => queue.call({ script: 'getDedupOwner', args: [now, dedup], rest: [] })],
    [3, () => queue.sweepUp()],
  ];
  const place = jobs.get(current)?.place;
  if (place !== undefined && place !== 'active') actions.push([3, () => queue.vanish(current)]);
  return actions;
}

function cleanArgs(random: Random): (string | number)[] {
  const state = random.chance(0.6) ? random.pick(['completed', 'failed']) : random.pick(LISTED_STATES);
  return [state, random.pick([0, 1000, 60_000]), random.pick([0, 0, 2]), random.pick([0, 0, 1])];
}

/** Some of the ids, each once, and one that may be anything. */
function someIds(random: Random, ids: readonly string[], other: string): string[] {
  return [...new Set([...ids.filter(() => random.chance(0.5)), other])].slice(0, CAPS.PROMOTE_CAP);
}

/** Writes of a program that found the job and holds no lock. */
function unlocked(random: Random, id: string): JobWrite {
  return random.pick<JobWrite>([
    ['data', id, '', '{"by":"hand"}'],
    ['progress', id, '', '50'],
    ['log', id, '', 'by hand', '2'],
    ['complete', id, '', '1', ''],
  ]);
}

/** Lets time pass: a moment, until a job is due, or past the expiry of locks. */
export async function waitSome(world: World): Promise<void> {
  const { random, now } = world;
  const due = world.site().queue.model.dueIn(now);
  if (random.chance(0.03)) {
    world.freezeServer(world.options.lockMs + random.int(0, 20_000));
    return;
  }
  const ms = random.weighted([
    [6, random.int(0, 40)],
    [5, random.int(100, 4000)],
    [3, Math.max(due, 0)],
    [1, Math.max(due - 1, 0)],
    [2, random.int(10_000, 20_000)],
    [1, world.options.lockMs + random.int(0, 3)],
  ]);
  await world.pass(ms);
}
