import { Injectable } from '@nestjs/common';
import { OnQueueEvent } from 'stepwell';
import { PHOTOS, PICTURES } from './photo.js';

const REMEMBERED_JOBS = 500;

/** When jobs are due that failed and are tried again, by the queues' events. */
@Injectable()
export class RetryTimes {
  private readonly times = new Map<string, number>();

  /** Milliseconds since 1970; undefined where none is known. */
  of(queue: string, jobId: string): number | undefined {
    return this.times.get(`${queue} ${jobId}`);
  }

  @OnQueueEvent('delayed', PHOTOS)
  notePhoto({ jobId, delay }: { jobId: string; delay: number }): void {
    this.note(`${PHOTOS} ${jobId}`, delay);
  }

  @OnQueueEvent('delayed', PICTURES)
  notePicture({ jobId, delay }: { jobId: string; delay: number }): void {
    this.note(`${PICTURES} ${jobId}`, delay);
  }

  private note(job: string, at: number): void {
    this.times.delete(job);
    this.times.set(job, at);
    const [oldest] = this.times.keys();
    if (this.times.size > REMEMBERED_JOBS && oldest !== undefined) this.times.delete(oldest);
  }
}
