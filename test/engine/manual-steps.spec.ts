import { describe, expect, it } from '@jest/globals';
import { DelayedError, type Job, WaitingError, Worker } from '../../lib/engine.js';
import { EngineLab, next, nextFew } from '../support/engine-lab.js';

const lab = EngineLab.open();

enum Step {
  Initial = 'initial',
  Second = 'second',
  Finish = 'finish',
}

interface Data {
  step: Step;
}

/** Jobs that keep their place themselves, in their data: how programs did it before there were steps. */
describe('a processor that keeps its step in the data of the job', () => {
  it('goes on there after an error', async () => {
    const queue = lab.queue<Data>();
    const done: string[] = [];
    const worker = lab.worker<Data, Step>(async (job) => {
      let { step } = job.data;
      while (step !== Step.Finish) {
        switch (step) {
          case Step.Initial:
            done.push('initial');
            await job.updateData({ step: Step.Second });
            step = Step.Second;
            break;
          case Step.Second:
            done.push('second');
            if (job.attemptsMade === 0) throw new Error('between');
            await job.updateData({ step: Step.Finish });
            step = Step.Finish;
            break;
          default:
            throw new Error('invalid step');
        }
      }
      return step;
    });
    const failed = next(worker, 'failed');
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', { step: Step.Initial }, { attempts: 3 });
    expect((await failed)[1].message).toBe('between');
    expect((await completed)[1]).toBe(Step.Finish);
    expect(done).toEqual(['initial', 'second', 'second']);
    expect(await queue.getJob(id)).toMatchObject({ data: { step: Step.Finish }, attemptsMade: 2 });
  });

  it.each(['before', 'after'])('may delay the job, and write the next step %s the move', async (when) => {
    const queue = lab.queue<Data>();
    const times: number[] = [];
    const worker = lab.worker<Data, Step>(async (job, token) => {
      times.push(Date.now());
      let { step } = job.data;
      while (step !== Step.Finish) {
        switch (step) {
          case Step.Initial:
            if (when === 'before') await job.updateData({ step: Step.Second });
            await job.moveToDelayed(Date.now() + 200, token);
            if (when === 'after') await job.updateData({ step: Step.Second });
            throw new DelayedError();
          case Step.Second:
            await job.updateData({ step: Step.Finish });
            step = Step.Finish;
            break;
          default:
            throw new Error('invalid step');
        }
      }
      return step;
    });
    let failures = 0;
    worker.on('failed', () => (failures += 1));
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', { step: Step.Initial });
    expect((await completed)[1]).toBe(Step.Finish);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(198);
    expect(await queue.getJob(id)).toMatchObject({
      ...{ data: { step: Step.Finish }, returnvalue: Step.Finish, attemptsMade: 1, attemptsStarted: 2 },
    });
    expect(failures).toBe(0);
  });

  it('may not write on behalf of a run after the next one has begun', async () => {
    const queue = lab.queue<Data>();
    const worker = lab.worker(async (job: Job<Data>, token) => {
      if (job.attemptsStarted === 1) {
        await job.moveToDelayed(Date.now() + 1, token);
        throw new DelayedError();
      }
      return 'second';
    });
    const actives = nextFew(worker, 'active', 2);
    const completed = next(worker, 'completed');
    await queue.add('a', { step: Step.Initial });
    await completed;
    const [[first]] = (await actives) as [[Job<Data>], unknown];
    await expect(first.updateData({ step: Step.Second })).rejects.toMatchObject({ code: 'LOCK_LOST' });
  });
});

describe('special errors count no attempt', () => {
  it('WaitingError, with and without moveToWait: the job is in front again', async () => {
    const queue = lab.queue();
    const order: string[] = [];
    const worker = lab.worker(
      async (job, token) => {
        order.push(`${job.name}${job.attemptsStarted}`);
        if (job.name === 'moves' && job.attemptsStarted < 3) {
          await job.moveToWait(token);
          throw new WaitingError();
        }
        if (job.name === 'throws' && job.attemptsStarted < 3) throw new WaitingError();
      },
      { autorun: false },
    );
    const completed = nextFew(worker, 'completed', 3);
    const jobs = await queue.addBulk(['moves', 'throws', 'plain'].map((name) => ({ name, data: 0 })));
    void worker.run();
    await completed;
    expect(order).toEqual(['moves1', 'moves2', 'moves3', 'throws1', 'throws2', 'throws3', 'plain1']);
    for (const [i, started] of [3, 3, 1].entries()) {
      expect(await queue.getJob(jobs[i]!.id)).toMatchObject({ attemptsMade: 1, attemptsStarted: started });
    }
  });

  it('RateLimitError: the job waits in front until the limit ends', async () => {
    const queue = lab.queue();
    const starts: number[] = [];
    const worker = lab.worker(
      async (job) => {
        starts.push(Date.now());
        if (job.attemptsStarted === 1) {
          await worker.rateLimit(150);
          throw Worker.RateLimitError();
        }
      },
      { limiter: { max: 10, duration: 1000 } },
    );
    const completed = next(worker, 'completed');
    const { id } = await queue.add('a', 0);
    await completed;
    expect(starts[1]! - starts[0]!).toBeGreaterThanOrEqual(145);
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
  });

  it('maxStartedAttempts ends a job that is skipped for ever', async () => {
    const queue = lab.queue();
    let runs = 0;
    const worker = lab.worker(
      async (job, token) => {
        runs += 1;
        await job.moveToDelayed(Date.now() + 1, token);
        throw new DelayedError();
      },
      { maxStartedAttempts: 3 },
    );
    const failed = next(worker, 'failed');
    const { id } = await queue.add('a', 0, { attempts: 10 });
    expect((await failed)[1].message).toBe('job started more than allowable limit');
    expect(runs).toBe(3);
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 4 });
  });
});
