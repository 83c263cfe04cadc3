import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectQueue, QueueEvents, type Queue } from 'stepwell';
import { PHOTOS } from './photo.js';

const REMEMBERED_JOBS = 200;

/** Counts, by the queue's events, how often a photo came again while its job was unfinished. */
@Injectable()
export class Duplicates implements OnModuleInit, OnApplicationShutdown {
  private readonly counts = new Map<string, number>();
  private events: QueueEvents | undefined;

  constructor(@InjectQueue(PHOTOS) private readonly queue: Queue) {}

  async onModuleInit(): Promise<void> {
    const { connection, prefix } = this.queue.opts;
    this.events = new QueueEvents(PHOTOS, {
      ...(connection === undefined ? {} : { connection }),
      ...(prefix === undefined ? {} : { prefix }),
    });
    this.events.on('error', () => {}); // The queue tells of outages.
    this.events.on('deduplicated', ({ jobId }) => this.count(jobId));
  }

  of(jobId: string): number {
    return this.counts.get(jobId) ?? 0;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.events?.close();
  }

  private count(jobId: string): void {
    this.counts.set(jobId, this.of(jobId) + 1);
    const [oldest] = this.counts.keys();
    if (this.counts.size > REMEMBERED_JOBS && oldest !== undefined) this.counts.delete(oldest);
  }
}
