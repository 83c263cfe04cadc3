import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Scope, type INestApplicationContext } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import {
  Dedup,
  InjectQueueEvents,
  ListenerWithoutQueueError,
  ListenerWithoutWorkerError,
  OnQueueEvent,
  OnWorkerEvent,
  Process,
  Processor,
  QueueEvents,
  ScopedListenerError,
  StepwellModule,
  StepwellRegistry,
  type Job,
} from 'stepwell';
import { LogLines, queueOf, startApp } from './test-app.js';

type Heard = (string | undefined)[];

@Processor('orders')
@Dedup<{ id: string }>({ id: ({ id }) => id })
class OrderProcessor {
  readonly heard: Heard = [];

  @Process('charge')
  charge({ data }: Job<{ id: string }>): string {
    if (data.id === 'bad') throw new Error('no money');
    return data.id;
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job | undefined, error: Error): void {
    this.heard.push(`failed ${job?.id} ${error.message}`);
  }

  @OnQueueEvent('completed')
  onCompleted({ returnvalue }: { returnvalue: string }): void {
    this.heard.push(`completed ${returnvalue}`);
  }
}

@Injectable()
class Watcher {
  readonly heard: Heard = [];

  constructor(@InjectQueueEvents('orders') readonly events: QueueEvents) {}

  @OnQueueEvent('deduplicated', 'orders')
  onDuplicate({ jobId, deduplicationId }: { jobId: string; deduplicationId: string }): void {
    this.heard.push(`${jobId} ${deduplicationId}`);
    throw new Error('the listener is broken');
  }
}

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });

describe('listeners', () => {
  let app: INestApplicationContext | undefined;

  afterEach(async () => {
    if (app) await queueOf(app, 'orders').obliterate({ force: true });
    await app?.close();
    app = undefined;
  });

  it('hear of their queue and its worker, and a fault of theirs goes to the logger', async () => {
    const log = new LogLines();
    app = await startApp({ imports: [ORDERS], providers: [OrderProcessor, Watcher] }, { log });
    const queue = queueOf<{ id: string }>(app, 'orders');
    const { events, heard } = app.get(Watcher);
    await events.run();
    const worker = app.get(StepwellRegistry).getWorker('orders');
    const all = [
      firstValueFrom(events.completed$),
      firstValueFrom(events.deduplicated$),
      new Promise((resolve) => worker?.once('failed', resolve)),
    ];

    await queue.pause();
    const { id } = await queue.add('charge', { id: 'a' });
    await queue.add('charge', { id: 'a' });
    const bad = await queue.add('charge', { id: 'bad' });
    await queue.resume();
    await Promise.all(all);

    expect(heard).toEqual([`${id} a`]);
    expect(app.get(OrderProcessor).heard.toSorted()).toEqual(['completed a', `failed ${bad.id} no money`]);
    expect(log.lines).toContain('error Stepwell: Queue orders: the listener is broken');
  });

  it('get streams that complete at shutdown', async () => {
    const started = await startApp({ imports: [ORDERS], providers: [Watcher] });
    const all = lastValueFrom(started.get(Watcher).events.all$.pipe(toArray()));
    await started.close();

    expect(await all).toEqual([]);
  });

  it('need a queue, a worker here for worker events, and an instance', async () => {
    class Lost {
      @OnQueueEvent('completed')
      hear(): void {}
    }
    class Idle {
      @OnWorkerEvent('failed', 'orders')
      hear(): void {}
    }
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @OnQueueEvent('completed', 'orders')
      hear(): void {}
    }

    await expect(startApp({ imports: [ORDERS], providers: [Lost] })).rejects.toThrow(
      ListenerWithoutQueueError,
    );
    await expect(startApp({ imports: [ORDERS], providers: [Idle] })).rejects.toThrow(
      ListenerWithoutWorkerError,
    );
    await expect(startApp({ imports: [ORDERS], providers: [Scoped] })).rejects.toThrow(ScopedListenerError);
  });
});
