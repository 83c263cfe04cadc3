import type { OnApplicationShutdown } from '@nestjs/common';
import type { Job } from '../bullmq/job.js';
import type { QueueEvents } from '../bullmq/queue-events.js';
import type { Worker } from '../bullmq/worker.js';
import { branded } from '../../job/branded.js';
import { NotRegisteredError } from './errors.js';

const workers = new WeakMap<object, unknown>();
const events = new WeakMap<object, unknown>();

/** The class of a processor: `process` runs each job of its queue. */
export abstract class WorkerHost<T extends Worker<any, any, any> = Worker> {
  /** The worker that calls `process`. Throws until it is there. */
  get worker(): T {
    const worker = workers.get(this);
    if (!worker) throw new NotRegisteredError(this.constructor.name, 'worker');
    return worker as T;
  }

  abstract process(job: Job, token?: string, signal?: AbortSignal): Promise<any>;
}

/** The class of a listener to the events of a queue. */
export abstract class QueueEventsHost<T extends QueueEvents = QueueEvents> implements OnApplicationShutdown {
  /** Where the events come from. Throws until it is there. */
  get queueEvents(): T {
    const from = events.get(this);
    if (!from) throw new NotRegisteredError(this.constructor.name, 'queueEvents');
    return from as T;
  }

  async onApplicationShutdown(_signal?: string): Promise<void> {
    await (events.get(this) as QueueEvents | undefined)?.close();
  }
}

branded(WorkerHost, 'WorkerHost');
branded(QueueEventsHost, 'QueueEventsHost');

export function setWorker(host: WorkerHost<any>, worker: unknown): void {
  workers.set(host, worker);
}

export function setQueueEvents(host: QueueEventsHost<any>, from: unknown): void {
  events.set(host, from);
}
