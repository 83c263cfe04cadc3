import type { JobWrite } from '../../lib/job/job-write.js';
import { encodeRenewLocks } from '../../lib/job/wire.generated.js';
import type { ScriptWorker, Held } from './script-worker.js';
import { newJob } from './client-steps.js';
import { sameCall, type CallSession } from './call-session.js';
import type { Random } from './random.js';
import type { World } from './world.js';

const DATA = [
  '{}',
  '[]',
  '{"a":[],"n":12345678901234567890}',
  '{"t":"\\u0000é😀"}',
  '"x y"',
  '1e400',
  '{"__proto__":1}',
];
const KEEP = ['', '', '0,,', '3,,', ',20000,', '4,60000,2'];
/** Of deduplicated jobs: finished ones go soon, so that there is room for others. */
const KEEP_LITTLE = ['0,,', '0,,', '2,,', '3,,', '3,20000,', ',20000,', '4,60000,2'];
const NOBODYS: JobWrite = ['progress', 'nobody', '', '1'];
const LOGS_KEPT = ['', '', '2', '0'];

/** One step of one of the workers, by chance. */
export function workerStep(random: Random): (world: World) => Promise<void> {
  return random.weighted([
    [40, work],
    [8, repeatCall],
    [3, repeatAnswered],
    [3, repeatOutdated],
    [7, writeLate],
    [5, recover],
    [3, renew],
    [3, freezeOrThaw],
    [1, crash],
    [1, sendTooMuch],
  ] as const);
}

/** Ends some jobs, writes for some, and asks for more. */
async function work(world: World): Promise<void> {
  const { random } = world;
  const worker = pick(world);
  const session = worker?.freeLane();
  if (!worker || !session) return;
  const keep = random.pick(world.options.deduplicated > 0 ? KEEP_LITTLE : KEEP);
  const isPlain = world.options.plain;
  const entries = some(random, worker.held, 3).flatMap((lock) =>
    isPlain ? [completion(random, lock, keep)] : actions(random, lock, keep),
  );
  if (!isPlain && random.chance(0.1) && worker.old.length > 0)
    entries.push(ending(random, random.pick(worker.old), keep));
  if (!isPlain && random.chance(0.05)) entries.push(NOBODYS);
  if (random.chance(world.options.deduplicated > 0 ? 0.25 : 0.1))
    entries.push(['add', ...newJob(world, worker.queue)]);
  const want = random.chance(0.05) ? 100_000 : random.int(0, 4);
  const relay = random.chance(0.7) && (await worker.queue.takeWake());
  await world.commit(worker, session, entries, want, relay);
}

async function repeatCall(world: World): Promise<void> {
  const open = world.awake().flatMap((worker) => worker.sessions.map((session) => ({ worker, session })));
  const found = open.filter(({ session }) => session.unanswered);
  const clients = world.clients
    .filter(({ unanswered }) => unanswered)
    .map((session) => ({ session, worker: undefined }));
  const all = [...found, ...clients];
  if (all.length === 0) return;
  const { session, worker } = world.random.pick(all);
  await world.repeat(session, worker);
}

/** The network brings a copy of a call that was answered. */
async function repeatAnswered(world: World): Promise<void> {
  const { last, queue } = world.random.pick(sessions(world));
  if (last) await queue.call(sameCall(last, world.now));
}

/** A copy arrives after a later call of the same writer. */
async function repeatOutdated(world: World): Promise<void> {
  const { outdated, queue } = world.random.pick(sessions(world));
  if (outdated) await queue.call(sameCall(outdated, world.now));
}

/** Every kind of write under a token that was lost. */
async function writeLate(world: World): Promise<void> {
  // Logs would be there from then on, and with them no job is plain.
  if (world.options.plain) return;
  const worker = pick(world);
  const session = worker?.freeLane();
  if (!worker || !session || worker.old.length === 0) return;
  await world.commit(worker, session, allWrites(world.random.pick(worker.old)), 0);
}

async function recover(world: World): Promise<void> {
  const worker = pick(world);
  if (worker) await world.recover(worker);
}

async function renew(world: World): Promise<void> {
  const worker = pick(world);
  if (worker) await world.renew(worker);
}

/** A process that stands still and goes on later writes first and renews then. */
async function freezeOrThaw(world: World): Promise<void> {
  const worker = world.random.pick(world.workers);
  worker.frozen = !worker.frozen;
  const session = worker.freeLane();
  if (worker.frozen || !session) return;
  const entries = worker.held.slice(0, 2).flatMap((lock) => allWrites(lock).slice(0, 4));
  if (entries.length > 0) await world.commit(worker, session, entries, 0);
  await world.renew(worker);
}

async function crash(world: World): Promise<void> {
  const at = world.random.int(0, world.workers.length - 1);
  world.workers[at] = world.hire((world.workers[at] as ScriptWorker).queue);
}

async function sendTooMuch(world: World): Promise<void> {
  const { random } = world;
  const worker = pick(world);
  const session = worker?.freeLane();
  if (!worker || !session) return;
  const entries = Array.from({ length: 25 }, () => NOBODYS);
  const broken = [NOBODYS, ['vanish', 'x', 'y'] as never, NOBODYS];
  const list = random.chance(0.5) ? entries : broken;
  if (random.chance(0.3)) {
    const rest = encodeRenewLocks(Array.from({ length: 13 }, () => ['nobody', 'w:1'] as const));
    await worker.queue.call({ script: 'renewLocks', args: [world.now, worker.lockMs, 0, 0], rest });
  } else {
    await world.commit(worker, session, list, random.int(0, 4));
  }
}

function actions(random: Random, lock: Held, keep: string): JobWrite[] {
  const writes = Array.from({ length: random.int(0, 2) }, () => write(random, lock));
  if (random.chance(0.3)) return writes;
  const end = ending(random, lock, keep);
  return [...writes, end, ...(random.chance(0.15) ? [write(random, lock)] : [])];
}

function write(random: Random, { id, token }: Held): JobWrite {
  return random.pick<JobWrite>([
    ['data', id, token, random.pick(DATA)],
    ['progress', id, token, random.pick(DATA)],
    ['log', id, token, `line ${random.int(1, 99)}`, random.pick(LOGS_KEPT)],
    ['clear-logs', id, token, random.pick(['0', '1'])],
  ]);
}

function completion(random: Random, { id, token }: Held, keep: string): JobWrite {
  return ['complete', id, token, random.pick(DATA), keep];
}

function ending(random: Random, lock: Held, keep: string): JobWrite {
  const { id, token } = lock;
  return random.weighted<JobWrite>([
    [6, completion(random, lock, keep)],
    [2, ['fail', id, token, '"no"', '["at x"]', keep, random.pick(['', '1'] as const)]],
    [
      2,
      [
        'retry',
        id,
        token,
        '"again"',
        '[]',
        random.pick(['0', '0', '1', '700', '20000']),
        random.pick(['', '1'] as const),
      ],
    ],
    [1, ['postpone', id, token, random.pick(['0', '300', '20000'])]],
  ]);
}

function allWrites({ id, token }: Held): JobWrite[] {
  return [
    ['data', id, token, '"late"'],
    ['progress', id, token, '"late"'],
    ['log', id, token, 'late', ''],
    ['clear-logs', id, token, '0'],
    ['retry', id, token, '"late"', '[]', '0', ''],
    ['postpone', id, token, '5'],
    ['fail', id, token, '"late"', '[]', '', ''],
    ['complete', id, token, '"late"', '0,,'],
  ];
}

function pick(world: World): ScriptWorker | undefined {
  const awake = world.awake();
  return awake.length > 0 ? world.random.pick(awake) : undefined;
}

function sessions(world: World): CallSession[] {
  return [...world.clients, ...world.workers.flatMap((worker) => worker.sessions)];
}

function some<T>(random: Random, list: readonly T[], most: number): T[] {
  return list.filter(() => random.chance(0.6)).slice(0, most);
}
