import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { FlowProducer, Queue, QueueEventsProducer } from '../../lib/engine.js';
import { EngineLab } from '../support/engine-lab.js';

const lab = EngineLab.open({ expectedErrors: ['CONNECTION', 'CONNECTION_CLOSED'] });

type Closing = Queue | FlowProducer | QueueEventsProducer;

interface Kind {
  /** Opens one on a connection of its own. */
  open: () => Closing;
  /** A call that is made of one call of Redis. */
  call: (opened: any) => Promise<unknown>;
  /** One that is made of several, which follow one another. */
  long?: (opened: any) => Promise<unknown>;
}

const own = () => ({ connection: lab.connection({ connectionName: randomUUID() }), prefix: lab.prefix });

const child = (jobId: string) => ({ name: 'c', queueName: lab.name, opts: { jobId } });

const KINDS: Record<string, Kind> = {
  Queue: {
    open: () => lab.queue(own()),
    call: (queue: Queue) => queue.add('a', 0),
    long: (queue: Queue) => queue.drain().then(() => queue.remove('none')),
  },
  FlowProducer: {
    open: () => lab.flows(own()),
    call: (flows: FlowProducer) => flows.add({ name: 'a', queueName: lab.name }),
    // Looks first whose children they are.
    long: (flows: FlowProducer) =>
      flows.add({ name: 'p', queueName: lab.name, children: ['x', 'y', 'z'].map(child) }),
  },
  QueueEventsProducer: {
    open: () => new QueueEventsProducer(lab.name, own()),
    call: (producer: QueueEventsProducer) => producer.publishEvent({ eventName: 'hello' }),
  },
};

const STATES: Record<string, (opened: Closing) => Promise<unknown>> = {
  connecting: async () => {},
  ready: (opened) => opened.waitUntilReady(),
  reconnecting: async (opened) => {
    await opened.waitUntilReady();
    const { client } = (opened as any).connection;
    const gone = new Promise((resolve) => client.once('close', resolve));
    client.disconnect(true);
    await gone;
    expect(client.status).not.toBe('ready');
  },
};

const cases = Object.keys(KINDS).flatMap((kind) =>
  Object.keys(STATES).map((state) => [kind, state] as const),
);

describe('close waits for calls under way', () => {
  it.each(cases)('of a %s that is %s', async (kind, state) => {
    const { open, call, long } = KINDS[kind]!;
    const opened = open();
    await STATES[state]!(opened);
    const calls = [call(opened), ...(long ? [long(opened)] : [])].map((each) =>
      each.then(
        () => 'answered',
        (error: unknown) => error,
      ),
    );
    await opened.close();
    expect(await Promise.all(calls)).toEqual(calls.map(() => 'answered'));
  });

  it('at once where there are none, whatever the state', async () => {
    for (const { open } of Object.values(KINDS)) {
      const from = performance.now();
      await open().close();
      expect(performance.now() - from).toBeLessThan(1500);
    }
  });
});
