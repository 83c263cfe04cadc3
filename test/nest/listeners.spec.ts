import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Inject,
  Injectable,
  Scope,
  type INestApplicationContext,
  type Type,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
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
  type ListenerRequest,
  StepwellModule,
  StepwellRegistry,
  type Job,
} from 'stepwell';
import { until } from '../support/engine-lab.js';
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

  it('have an instance per event where they are not single, with what is injected into it', async () => {
    const heard: string[] = [];
    const instances = new Set<unknown>();
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {
      readonly name = `tenant ${(made += 1)}`;
      constructor(@Inject(REQUEST) readonly request: ListenerRequest) {}
    }
    @Injectable()
    class Bookkeeper {
      constructor(private readonly tenant: Tenant) {}

      @OnQueueEvent('completed', 'orders')
      onCompleted({ returnvalue }: { returnvalue: string }): void {
        const { queue, event, args } = this.tenant.request;
        instances.add(this);
        heard.push(`${returnvalue} ${queue} ${event} ${args.length}`);
        if (returnvalue === 'b') throw new Error('the bookkeeper is broken');
      }

      @OnWorkerEvent('completed', 'orders')
      onWorkerCompleted(job: Job): void {
        instances.add(this);
        heard.push(`worker ${job.returnvalue}`);
      }
    }
    @Controller()
    class Desk {
      constructor(private readonly tenant: Tenant) {}

      @OnQueueEvent('completed', 'orders')
      onCompleted({ returnvalue }: { returnvalue: string }): void {
        heard.push(`desk ${returnvalue} ${this.tenant.request.queue}`);
      }
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Passerby {
      @OnQueueEvent('completed', 'orders')
      onCompleted({ returnvalue }: { returnvalue: string }): void {
        heard.push(`passerby ${returnvalue}`);
      }
    }

    const log = new LogLines();
    app = await startApp(
      {
        imports: [ORDERS],
        providers: [OrderProcessor, Watcher, Tenant, Bookkeeper, Passerby],
        controllers: [Desk],
      },
      { log },
    );
    await app.get(Watcher).events.run();
    const queue = queueOf<{ id: string }>(app, 'orders');
    await queue.add('charge', { id: 'a' });
    await queue.add('charge', { id: 'b' });
    await until(() => heard.length === 8 && log.lines.some((line) => line.includes('bookkeeper')));

    expect(heard.toSorted()).toEqual([
      'a orders completed 2',
      'b orders completed 2',
      'desk a orders',
      'desk b orders',
      'passerby a',
      'passerby b',
      'worker a',
      'worker b',
    ]);
    expect([instances.size, made]).toEqual([4, 6]);
    expect(log.lines).toContain('error Stepwell: Queue orders: the bookkeeper is broken');
  });

  it('get streams that complete at shutdown', async () => {
    const started = await startApp({ imports: [ORDERS], providers: [Watcher] });
    const all = lastValueFrom(started.get(Watcher).events.all$.pipe(toArray()));
    await started.close();

    expect(await all).toEqual([]);
  });

  it('need a queue, and a worker here for worker events', async () => {
    class Lost {
      @OnQueueEvent('completed')
      hear(): void {}
    }
    class Idle {
      @OnWorkerEvent('failed', 'orders')
      hear(): void {}
    }

    class LostToo {
      @OnWorkerEvent('failed')
      hear(): void {}
    }

    const start = (type: Type) => startApp({ imports: [ORDERS], providers: [type] });
    await expect(start(Lost)).rejects.toThrow(ListenerWithoutQueueError);
    await expect(start(Lost)).rejects.toThrow("such as @OnQueueEvent('completed', 'orders').");
    await expect(start(LostToo)).rejects.toThrow("such as @OnWorkerEvent('failed', 'orders').");
    await expect(startApp({ imports: [ORDERS], providers: [Idle] })).rejects.toThrow(
      ListenerWithoutWorkerError,
    );
  });
});
