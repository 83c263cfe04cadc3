import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { iterateEvents, toSse } from '../../lib/engine.js';
import { EngineLab } from '../support/engine-lab.js';
import { randomQueueName } from '../support/queue-name.js';

const connectionName = randomQueueName();
const lab = EngineLab.open();
const ROUNDS = 1000;

/** Connections that call themselves so. */
async function connections(): Promise<number> {
  const list = (await lab.client.client('LIST')) as string;
  return list.split('\n').filter((line) => line.includes(` name=${connectionName} `)).length;
}

const resources = (): string[] =>
  process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind.startsWith('TCP'));

describe('a thousand rounds of subscribing and unsubscribing', () => {
  it('leave no connection, timer, listener or memory behind', async () => {
    const connection = lab.connection({ connectionName });
    const queue = lab.queue({ connection });
    const events = await lab.events({ connection });
    const worker = lab.worker(async () => 1, { connection, autorun: false });
    const { id } = await queue.add('paint', 0);
    const round = async (): Promise<void> => {
      await firstValueFrom(events.watch(id));
      const subscriptions = [
        events.watch(id).subscribe(),
        events.watch(id, { after: '1-0-1' }).subscribe(),
        events.all$.subscribe(),
        events
          .watch(id)
          .pipe(toSse({ heartbeat: 1000 }))
          .subscribe(),
        worker.completed$.subscribe(),
      ];
      const iterator = iterateEvents(events.all$);
      void iterator.next();
      subscriptions.forEach((subscription) => subscription.unsubscribe());
      await iterator.return!();
    };
    const many = async (rounds: number): Promise<void> => {
      for (let i = 0; i < rounds; i += 1) await round();
      // Calls of those who left may still be on their way.
      await lab.client.ping();
    };
    await many(200);
    const before = { connections: await connections(), resources: resources().length, heap: heap() };
    await many(ROUNDS);
    expect(await connections()).toBe(before.connections);
    expect(before.connections).toBe(2);
    // Reads in flight have a timer each, which comes and goes.
    expect(resources().length).toBeLessThanOrEqual(before.resources + 2);
    expect(worker.listenerCount('completed')).toBe(0);
    expect(events.eventNames()).toEqual(['error']);
    expect((heap() - before.heap) / ROUNDS).toBeLessThan(500);
    await worker.close();
  }, 60_000);
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
