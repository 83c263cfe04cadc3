import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import {
  ConflictingQueueOptionsError,
  defineQueue,
  getQueueEventsToken,
  InjectQueue,
  InjectQueueEvents,
  type JobOf,
  Process,
  Processor,
  type QueueEvents,
  type QueueOf,
  Queues,
  StepwellModule,
  StepwellRegistry,
} from 'stepwell';
import { sharedOptions, startApp } from './test-app.js';

const mails = defineQueue<{ Data: { to: string }; Result: number }>('mails');

describe('a defined queue', () => {
  it('is registered, injected and processed by its definition', async () => {
    @Processor(mails, { concurrency: 2 })
    class Mails {
      @Process()
      send(job: JobOf<typeof mails>): number {
        return job.data.to.length;
      }
    }

    @Injectable()
    class Shop {
      constructor(
        @InjectQueue(mails) readonly queue: QueueOf<typeof mails>,
        @InjectQueueEvents(mails) readonly events: QueueEvents,
      ) {}
    }
    const app = await startApp({
      imports: [StepwellModule.registerQueue(mails)],
      providers: [Mails, Shop],
    });
    const { queue, events } = app.get(Shop);
    events.on('error', () => {});
    const job = await queue.add('notify', { to: 'ada' });
    const result: number = await job.waitUntilFinished(events);
    expect([result, app.get(mails.token)]).toEqual([3, queue]);
    await app.close();
  });

  it('has events that are read from the moment that somebody waits for them, or listens', async () => {
    const app = await startApp({ imports: [StepwellModule.registerQueue(mails)] });
    const registry = app.get(StepwellRegistry);
    const events = app.get<QueueEvents>(getQueueEventsToken('mails'));
    expect(registry.readingEvents('mails')).toBeUndefined();
    await events.waitUntilReady();
    expect(registry.readingEvents('mails')).toBe(events);
    await app.close();
  });

  it('takes options beside its name', async () => {
    const app = await startApp({
      imports: [StepwellModule.registerQueue({ name: mails, defaultJobOptions: { attempts: 7 } })],
    });
    expect(app.get<QueueOf<typeof mails>>(mails.token).opts.defaultJobOptions).toEqual({ attempts: 7 });
    await app.close();
  });

  it('has a name that can be one', () => {
    expect(() => defineQueue('a:b')).toThrow('queue name');
  });
});

describe('Queues', () => {
  it('opens queues by name, with the shared options, and closes them with the application', async () => {
    const shared = { ...sharedOptions(), defaultJobOptions: { attempts: 3 } };
    const app = await startApp(
      { imports: [StepwellModule.forRoot(shared), StepwellModule.registerQueue(mails)] },
      { root: false },
    );
    const queues = app.get(Queues);
    const tenant = queues.open<{ id: number }>('mails-7');
    const job = await tenant.add('notify', { id: 7 });
    expect([job.opts.attempts, tenant.qualifiedName]).toEqual([3, `${shared.prefix}:mails-7`]);
    expect(queues.open('mails-7')).toBe(tenant);
    expect(queues.open(mails)).toBe(app.get(mails.token));
    expect(() => queues.open('mails-7', { callTimeout: 1 })).toThrow(ConflictingQueueOptionsError);
    await tenant.add('notify', { id: 8 });

    await app.close();
    await expect(tenant.add('notify', { id: 9 })).rejects.toThrow('closed');
  });

  it('says what is missing without forRoot', async () => {
    const app = await startApp({ imports: [StepwellModule] }, { root: false });
    expect(() => app.get(Queues).open('mails')).toThrow('forRoot');
    await app.close();
  });
});
