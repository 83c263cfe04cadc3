import { Injectable } from '@nestjs/common';
import { OnQueueEvent } from 'stepwell';
import { PHOTOS } from './photo.js';

const REMEMBERED_JOBS = 200;

/** Counts, by the queue's events, how often a photo came again while its job was unfinished. */
@Injectable()
export class Duplicates {
  private readonly counts = new Map<string, number>();

  of(jobId: string): number {
    return this.counts.get(jobId) ?? 0;
  }

  @OnQueueEvent('deduplicated', PHOTOS)
  count({ jobId }: { jobId: string }): void {
    this.counts.set(jobId, this.of(jobId) + 1);
    const [oldest] = this.counts.keys();
    if (this.counts.size > REMEMBERED_JOBS && oldest !== undefined) this.counts.delete(oldest);
  }
}
