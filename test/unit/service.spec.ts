import { describe, expect, it } from '@jest/globals';
import type { Runtime } from '../../lib/runtime/runtime.js';
import { Service, stopAll } from '../../lib/runtime/service.js';
import { settled, StillTime } from '../support/still-time.js';

/** A service that writes down what is asked of it, and has under way what a test says. */
class Probe extends Service {
  protected override readonly stopWithinMs = 100;
  left: Promise<unknown> | undefined;

  constructor(
    runtime: Runtime,
    private readonly log: string[],
    private readonly name = '',
  ) {
    super(runtime);
  }

  protected override onStart(): void {
    this.log.push(`${this.name}start`);
  }

  protected onStop(): Promise<unknown> | undefined {
    this.log.push(`${this.name}${this.isStopped ? 'stop' : 'too early'}`);
    return this.left;
  }
}

function open(): {
  time: StillTime;
  log: string[];
  service: Probe;
  stop: () => Promise<void>;
  over: string[];
} {
  const time = new StillTime();
  const log: string[] = [];
  const over: string[] = [];
  const service = new Probe(time.runtime, log);
  const stop = async (): Promise<void> => {
    void service.stop().then(() => over.push('stopped'));
    await settled();
  };
  return { time, log, service, stop, over };
}

describe('a service', () => {
  it('starts once, however often it is asked to', () => {
    const { service, log } = open();
    service.start();
    service.start();

    expect(log).toEqual(['start']);
    expect(service.isRunning).toBe(true);
  });

  it('never starts after its stop', async () => {
    const { service, stop, log } = open();
    service.start();
    await stop();
    service.start();

    expect(log).toEqual(['start', 'stop']);
    expect(service.isRunning).toBe(false);
  });

  it('survives a stop before it was started', async () => {
    const { service, stop, log, over } = open();
    await stop();
    service.start();

    expect(log).toEqual(['stop']);
    expect(over).toEqual(['stopped']);
  });

  it('stops once, for all who ask', async () => {
    const { service, stop, log } = open();
    await stop();

    expect(service.stop()).toBe(service.stop());
    expect(log).toEqual(['stop']);
  });

  it('is stopped for whoever looks while it stops, and can be asked to again by then', () => {
    const { time, log } = open();
    class Again extends Probe {
      protected override onStop(): undefined {
        super.onStop();
        void this.stop();
      }
    }
    void new Again(time.runtime, log).stop();

    expect(log).toEqual(['stop']);
  });

  it('waits for what is under way', async () => {
    const { time, service, stop, over } = open();
    let end = (): void => {};
    service.left = new Promise<void>((resolve) => (end = resolve));
    await stop();
    expect(over).toEqual([]);

    end();
    await settled();

    expect(over).toEqual(['stopped']);
    expect(time.isSet).toBe(false);
  });

  it('survives work that never ends: it waits no longer than it may', async () => {
    const { time, service, stop, over } = open();
    service.left = new Promise(() => {});
    await stop();
    await time.pass(99);
    expect(over).toEqual([]);

    await time.pass(1);

    expect(over).toEqual(['stopped']);
  });

  it('survives work that fails', async () => {
    const { service, stop, over } = open();
    service.left = Promise.reject(new Error('refused'));
    await stop();

    expect(over).toEqual(['stopped']);
  });

  it('is stopped with others, the last one first, none kept waiting by another', async () => {
    const { time, log } = open();
    const [a, b] = [new Probe(time.runtime, log, 'a '), new Probe(time.runtime, log, 'b ')];
    b.left = new Promise(() => {});
    const over: string[] = [];
    void stopAll([a, b]).then(() => over.push('stopped'));
    await settled();
    expect(log).toEqual(['b stop', 'a stop']);
    expect(over).toEqual([]);

    await time.pass(100);

    expect(over).toEqual(['stopped']);
  });
});
