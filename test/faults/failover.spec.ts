import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FlowProducer, Queue, Worker, type FlowJob } from '../../lib/engine.js';
import { Failover } from '../support/failover.js';
import { until } from '../support/engine-lab.js';
import { randomPrefix } from '../support/queue-name.js';

// Adds that were answered may be lost with the master that answered them: that is a promise of Redis, and none of ours.
// What a replica still knows of a flow has to come to its end there.
describe('a failover that loses what was not replicated', () => {
  let redis: Failover;
  const open: { close: () => Promise<unknown> }[] = [];
  beforeAll(async () => {
    redis = await Failover.open();
  }, 240_000);
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
  afterAll(() => redis.close());

  const quiet = <
    T extends { on: (event: 'error', listener: () => void) => unknown; close: () => Promise<unknown> },
  >(
    part: T,
  ): T => {
    part.on('error', () => {});
    open.push(part);
    return part;
  };

  it.each([
    ['kept', undefined],
    ['removed at once', true],
  ])(
    'leaves no parent waiting: children are %s',
    async (_case, removeOnComplete) => {
      const prefix = randomPrefix();
      const options = { connection: { url: redis.url }, prefix };
      const flows = quiet(new FlowProducer(options));
      const parents = quiet(new Queue('parents', options));
      const lock = { lockDuration: 2000, stalledInterval: 500, maxStalledCount: 20 };
      quiet(
        new Worker('parents', async (job) => Object.keys(await job.getChildrenValues()).length, {
          ...options,
          ...lock,
          concurrency: 20,
        }),
      );
      for (let i = 0; i < 2; i += 1) {
        quiet(new Worker('children', async () => 1, { ...options, ...lock, concurrency: 10 }));
      }
      const flow = (): FlowJob => ({
        name: 'parent',
        queueName: 'parents',
        children: Array.from({ length: 3 }, () => ({
          name: 'child',
          queueName: 'children',
          opts: removeOnComplete ? { removeOnComplete } : {},
        })),
      });
      let isOver = false;
      let added = 0;
      const adding = (async () => {
        while (!isOver) {
          await Promise.all(
            Array.from({ length: 4 }, () =>
              flows.add(flow()).then(
                () => (added += 1),
                () => {},
              ),
            ),
          );
          await sleep(5);
        }
      })();
      for (let round = 0; round < 6; round += 1) {
        await sleep(250);
        redis.cutReplication();
        await sleep(30);
        await redis.promote();
        await sleep(250);
        await redis.heal();
      }
      // On a slow machine six rounds are over soon.
      await until(() => added > 100, 60_000);
      isOver = true;
      await adding;

      const counts = async (): Promise<number> => {
        const {
          waiting,
          active,
          'waiting-children': held,
        } = (await parents.getJobCounts('waiting', 'active', 'waiting-children')) as Record<string, number>;
        return waiting! + active! + held!;
      };
      await until(async () => (await counts()) === 0, 120_000).catch(() => {});
      expect(await counts()).toBe(0);
      expect(await parents.getFailedCount()).toBe(0);
      const completed = await parents.getCompleted(0, -1);
      expect(completed.filter(({ returnvalue }) => returnvalue !== 3)).toEqual([]);
    },
    240_000,
  );
});
