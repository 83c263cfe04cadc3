import { Controller, Get, HttpCode, NotFoundException, Param, Post, UseGuards } from '@nestjs/common';
import { InjectQueue, JobSchedulerNotFoundError, type Job, type Queue } from 'stepwell';
import { RedisUpGuard } from '../redis/redis-up.guard.js';
import { RedisWatch } from '../redis/redis-watch.js';
import { UPKEEP, type Report, type ScheduleView } from './upkeep.js';

const NEWEST = 20;

/** What the app does by itself, and when next. */
@Controller('schedules')
@UseGuards(RedisUpGuard)
export class SchedulesController {
  constructor(
    @InjectQueue(UPKEEP) private readonly queue: Queue,
    private readonly redis: RedisWatch,
  ) {}

  @Get()
  async list(): Promise<ScheduleView[]> {
    const [schedulers, completed, failed] = await this.redis.answer(
      Promise.all([
        this.queue.getJobSchedulers(0, NEWEST, true),
        this.queue.getCompleted(0, NEWEST),
        this.queue.getFailed(0, NEWEST),
      ]),
    );
    const done = [...completed, ...failed].sort((a, b) => (b.finishedOn ?? 0) - (a.finishedOn ?? 0));
    return schedulers.map(({ key, next }) => {
      const last = done.find(({ repeatJobKey }) => repeatJobKey === key);
      return {
        name: key,
        next,
        ...(last?.finishedOn ? { last: { at: last.finishedOn, words: wordsOf(last) } } : {}),
      };
    });
  }

  /** Runs it now, beside its times. */
  @Post(':name/run')
  @HttpCode(202)
  async run(@Param('name') name: string): Promise<{ jobId: string }> {
    try {
      return { jobId: (await this.redis.answer(this.queue.runJobSchedulerNow(name))).id };
    } catch (error) {
      if (error instanceof JobSchedulerNotFoundError) throw new NotFoundException(error.message);
      throw error;
    }
  }
}

function wordsOf({ name, returnvalue, failedReason }: Job): string {
  if (failedReason !== undefined) return `failed: ${failedReason}`;
  if (name === 'tidy') return `${count((returnvalue as { removed: number }).removed, 'file')} removed`;
  const { photos, files, bytes } = returnvalue as Report;
  return `${count(photos, 'photo')}, ${count(files, 'file')}, ${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
