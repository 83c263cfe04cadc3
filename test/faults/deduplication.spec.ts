import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeEntry } from '../../lib/events/decode-entry.js';
import { auditQueue } from '../support/audit-queue.js';
import { dedupOptions } from '../support/dedup-options.js';
import type { DedupProducerOrders, Produced } from '../support/dedup-producer.js';
import { EngineLab, until } from '../support/engine-lab.js';
import { Fleet } from '../support/fleet.js';
import { testRedisUrl } from '../support/redis.js';

const lab = EngineLab.open();

const ADDS = 20_000;
const IDS = 100;
const PRODUCERS = 4;
const WORKERS = 3;
const QUEUE = 'houses';

describe('20,000 adds on 100 ids from four processes, while workers are killed', () => {
  let fleet: Fleet;
  const violations: string[] = [];
  beforeAll(async () => {
    fleet = await Fleet.prepare(QUEUE, {
      connection: testRedisUrl(),
      prefix: lab.prefix,
      concurrency: 10,
      lockDuration: 500,
      stalledInterval: 100,
      maxStalledCount: 100,
    });
    await fleet.start(WORKERS);
  }, 240_000);
  afterAll(() => fleet.end());

  const produce = (nth: number): Promise<Produced> => {
    const orders: DedupProducerOrders = {
      queue: QUEUE,
      options: { connection: testRedisUrl(), prefix: lab.prefix },
      first: (nth * ADDS) / PRODUCERS,
      adds: ADDS / PRODUCERS,
      window: 100,
      pauseMs: 50,
      ids: IDS,
    };
    return fleet.run<Produced>('dedup-producer', orders);
  };

  /** Kills one worker after the other, and looks at the whole queue between them. */
  async function killUntil(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      await sleep(100);
      const pids = fleet.pids;
      await fleet.replace(pids[Math.floor(Math.random() * pids.length)]!);
      violations.push(...(await auditQueue(lab.client, lab.prefix, QUEUE, { running: true })));
    }
  }

  it('leave at most one live job of each id at every moment, and block none', async () => {
    // Every event is kept, so that all that happened can be followed.
    const queue = lab.queue({ streams: { events: { maxLen: 1_000_000 } } }, QUEUE);
    await queue.waitUntilReady();
    let done = false;
    // However fast the producers are: enough workers die.
    const kills = killUntil(() => done && fleet.killed.size > 3);
    const produced = await Promise.all(Array.from({ length: PRODUCERS }, (_, nth) => produce(nth)));
    done = true;
    await kills;
    const unfinished = async (): Promise<number> =>
      queue.getJobCountByTypes('waiting', 'prioritized', 'delayed', 'active');
    await until(async () => (await unfinished()) === 0, 120_000);

    const story = follow(await lab.client.xrange(`${lab.prefix}:{${QUEUE}}:events`, '-', '+'));
    const keys = await lab.client.keys(`${lab.prefix}:{${QUEUE}}:dedup:*`);

    expect(fleet.killed.size).toBeGreaterThan(3);
    expect({ violations, doubles: story.doubles, keys }).toEqual({ violations: [], doubles: [], keys: [] });
    // Each add was told once, as added or as stopped.
    const added = produced.reduce((sum, each) => sum + each.added, 0);
    const stopped = produced.reduce((sum, each) => sum + each.stopped, 0);
    expect(added + stopped).toBe(ADDS);
    expect([story.added, story.stopped]).toEqual([added, stopped]);
    expect(story.live).toEqual([]);
    expect(story.lostLast).toEqual([]);

    // No id is blocked.
    const last = await queue.addBulk(
      Array.from({ length: IDS }, (_, n) => ({ name: `house-${n}`, data: {}, opts: dedupOptions(n) })),
    );
    expect(last.filter(({ deduplicated }) => deduplicated)).toEqual([]);
    await until(async () => (await unfinished()) === 0, 120_000);
    // A machine that is busy with other things is slow, not wrong.
  }, 600_000);
});

/** What the events tell: an entry is what one script did, so between entries everything must hold. */
function follow(entries: readonly [id: string, fields: string[]][]) {
  const nameOf = new Map<string, string>();
  const liveOf = new Map<string, Set<string>>();
  const lastOf = new Map<string, string>();
  const stopped = new Map<string, string>();
  const finished = new Set<string>();
  const doubles: string[] = [];
  let added = 0;
  const live = (name: string): Set<string> => {
    const known = liveOf.get(name) ?? new Set<string>();
    liveOf.set(name, known);
    return known;
  };
  for (const [entryId, fields] of entries) {
    const touched = new Set<string>();
    for (const event of decodeEntry(entryId, fields)) {
      if (event.event === 'added') {
        nameOf.set(event.jobId, event.name);
        live(event.name).add(event.jobId);
        touched.add(event.name);
        if (!stopped.has(event.jobId)) {
          added += 1;
          lastOf.set(event.name, event.jobId);
        }
      } else if (event.event === 'completed' || event.event === 'failed' || event.event === 'removed') {
        live(nameOf.get(event.jobId)!).delete(event.jobId);
        if (event.event !== 'removed') finished.add(event.jobId);
      } else if (event.event === 'deduplicated' && !nameOf.has(event.deduplicatedJobId)) {
        // Else it tells of a job that was replaced.
        stopped.set(event.deduplicatedJobId, event.deduplicationId);
        lastOf.set(event.deduplicationId, event.deduplicatedJobId);
      }
    }
    for (const name of touched) {
      if (live(name).size > 1) doubles.push(`${[...live(name)].join(' and ')} of ${name} at ${entryId}`);
    }
  }
  // Where the newest is kept, the last add of all must have been done.
  const lostLast = [...lastOf].filter(
    ([name, id]) =>
      dedupOptions(Number(name.slice('house-'.length))).deduplication?.keepLastIfActive && !finished.has(id),
  );
  return {
    added,
    stopped: stopped.size,
    doubles,
    lostLast,
    live: [...liveOf.values()].flatMap((ids) => [...ids]),
  };
}
