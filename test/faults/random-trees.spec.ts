import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FlowJob, Queue } from '../../lib/engine.js';
import { decodeEntry } from '../../lib/events/decode-entry.js';
import { EngineLab, until } from '../support/engine-lab.js';
import { Fleet, unexplained } from '../support/fleet.js';
import { randomFrom } from '../support/mixed-jobs.js';
import { nodesOf, type Outcome, outcomesOf, randomTree, seenOf } from '../support/random-tree.js';

const lab = EngineLab.open({ redis: {}, expectedErrors: ['CONNECTION'] });
const TREES = 300;
const SEED = 23;

/** Whether nothing is left to do, nor on its way from one queue to another. */
async function isQuiet(queues: readonly Queue[]): Promise<boolean> {
  for (const queue of queues) {
    const { waiting = 0, prioritized = 0, delayed = 0, active = 0 } = await queue.getJobCounts();
    if (waiting + prioritized + delayed + active > 0) return false;
    if (Object.keys(await lab.dump(queue.name)).some((key) => key.startsWith('outbox'))) return false;
  }
  return true;
}

describe('random trees', () => {
  let fleet: Fleet | undefined;
  afterEach(async () => {
    await fleet?.end();
    fleet = undefined;
  }, 15_000);

  it(`${TREES} of them end as their policies say while workers and connections are killed`, async () => {
    const names = ['a', 'b', 'c'].map((part) => `${lab.name}-${part}`);
    const queues = names.map((name) => lab.queue({ streams: { events: { maxLen: 1_000_000 } } }, name));
    const flows = lab.flows();
    fleet = await Fleet.prepare(
      names.join(','),
      {
        connection: lab.connection(),
        prefix: lab.prefix,
        concurrency: 10,
        lockDuration: 1500,
        stalledInterval: 500,
        maxStalledCount: 100,
        drainDelay: 1,
      },
      'tree-worker',
    );
    await fleet.start(3);

    const random = randomFrom(SEED);
    let kills = 0;
    let cuts = 0;
    let isOver = false;
    const killing = (async () => {
      while (!isOver) {
        await sleep(300 + random() * 500);
        const { pids } = fleet!;
        if (!isOver) await fleet!.replace(pids[Math.floor(random() * pids.length)]!);
        kills += 1;
      }
    })();
    const cutting = (async () => {
      while (!isOver) {
        await sleep(100 + random() * 200);
        const clients = String(await lab.client.call('CLIENT', 'LIST', 'TYPE', 'normal')).split('\n');
        const id = /^id=(\d+)/.exec(clients[Math.floor(random() * clients.length)] ?? '')?.[1];
        if (id !== undefined)
          cuts += Number(await lab.client.call('CLIENT', 'KILL', 'ID', id, 'SKIPME', 'yes'));
      }
    })();

    const trees = Array.from({ length: TREES }, (_, n) =>
      randomTree(n, { queues: names, depth: 5, width: 10 }),
    );
    for (let first = 0; first < TREES; first += 20) {
      await Promise.all(trees.slice(first, first + 20).map((tree) => flows.add(tree)));
    }
    await until(() => isQuiet(queues), 120_000);
    isOver = true;
    await Promise.all([killing, cutting]);
    await until(() => isQuiet(queues), 30_000);

    const nodes = trees.flatMap(nodesOf);
    const expected = new Map<string, Outcome>(trees.flatMap((tree) => [...outcomesOf(tree)]));
    const wrong: string[] = [];
    for (const node of nodes) {
      const seen = await stateOf(queues, node);
      const due = seenOf(node, expected.get(node.name)!);
      if (seen !== due) wrong.push(`${node.name} is ${seen}, not ${due}`);
    }
    expect(wrong).toEqual([]);
    // A worker that is cut off for longer than its locks last may do a job that is given to another one.
    const notes = await fleet.notes();
    const stalled = new Set(notes.filter(({ what }) => what === 'stalled').map(({ id }) => id));
    const ran = nodes.filter(({ name }) => expected.get(name) === 'completed' && !stalled.has(name));
    expect(
      unexplained(
        notes,
        ran.map(({ name }) => name),
        fleet.killed,
      ),
    ).toEqual([]);
    // Each release is the end of a waiting: none is released twice.
    expect(await releasedTwice(queues)).toEqual([]);
    expect(kills).toBeGreaterThan(5);
    expect(cuts).toBeGreaterThan(10);
  }, 240_000);
});

/** Parents that left their waiting more often than they began it. */
async function releasedTwice(queues: readonly Queue[]): Promise<string[]> {
  const twice: string[] = [];
  for (const { name } of queues) {
    const waits = new Map<string, number>();
    const entries = await lab.client.xrange(`${lab.prefix}:{${name}}:events`, '-', '+');
    for (const { event, ...fields } of entries.flatMap(([id, parts]) => decodeEntry(id, parts))) {
      const { jobId = '', prev } = fields as { jobId?: string; prev?: string };
      const change =
        event === 'waiting-children' ? 1 : event === 'waiting' && prev === 'waiting-children' ? -1 : 0;
      const left = (waits.get(jobId) ?? 0) + change;
      waits.set(jobId, left);
      if (left < 0) twice.push(jobId);
    }
  }
  return twice;
}

async function stateOf(queues: readonly Queue[], node: FlowJob): Promise<string> {
  const state = await queues.find(({ name }) => name === node.queueName)!.getJobState(node.opts!.jobId!);
  return state === 'unknown' ? 'removed' : state;
}
