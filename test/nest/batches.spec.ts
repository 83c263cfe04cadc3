import { afterEach, describe, expect, it } from '@jest/globals';
import { type CanActivate, type INestApplicationContext, Injectable, UseGuards } from '@nestjs/common';
import {
  type Batch,
  BatchHandlerError,
  InvalidOptionError,
  type Job,
  JobData,
  JobId,
  Process,
  Processor,
  type ProcessOptions,
  Signal,
  StepwellExecutionContext,
  StepwellModule,
  UnrecoverableError,
} from 'stepwell';
import { until } from '../support/engine-lab.js';
import { queueOf, startApp } from './test-app.js';

interface Row {
  value: number;
}

const ROWS = StepwellModule.registerQueue({ name: 'rows' });
const addRows = (app: INestApplicationContext, values: readonly number[], name = 'row'): Promise<Job[]> =>
  queueOf<Row>(app, 'rows').addBulk(values.map((value) => ({ name, data: { value } })));

describe('@Process with batches', () => {
  let app: INestApplicationContext | undefined;

  afterEach(async () => {
    if (app) await queueOf(app, 'rows').obliterate({ force: true });
    await app?.close();
    app = undefined;
  });

  it('calls the method with the jobs, and keeps a result for each', async () => {
    const sizes: number[] = [];
    @Processor('rows')
    class RowProcessor {
      @Process({ batch: { size: 50, minSize: 3 } })
      insert(jobs: Job<Row>[]): number[] {
        sizes.push(jobs.length);
        return jobs.map(({ data }) => data.value * 2);
      }
    }
    app = await startApp({ imports: [ROWS], providers: [RowProcessor] });
    const jobs = await addRows(app, [1, 2, 3]);
    const queue = queueOf<Row>(app, 'rows');
    await until(async () => (await queue.getCompletedCount()) === 3);
    expect(sizes).toEqual([3]);
    const results = await Promise.all(jobs.map(async ({ id }) => (await queue.getJob(id))?.returnvalue));
    expect(results).toEqual([2, 4, 6]);
  });

  it('gives parameters of all jobs, a batch to speak of one, and runs guards once', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Guard implements CanActivate {
      canActivate(context: never): boolean {
        const { job, jobs } = StepwellExecutionContext.create(context).getInfo();
        seen.push([job.name, jobs?.length]);
        return true;
      }
    }
    @Processor('rows')
    class RowProcessor {
      @Process('row', { batch: { size: 50, minSize: 2 } })
      @UseGuards(Guard)
      insert(
        @JobData() rows: Row[],
        @JobId() ids: string[],
        @JobData('value') values: number[],
        @Signal() signal: AbortSignal,
      ) {
        seen.push(rows, ids.length, values, signal.aborted);
      }
    }
    app = await startApp({ imports: [ROWS], providers: [RowProcessor] });
    await addRows(app, [1, 2]);
    await until(async () => (await queueOf(app!, 'rows').getCompletedCount()) === 2);
    expect(seen).toEqual([['row', 2], [{ value: 1 }, { value: 2 }], 2, [1, 2], false]);
  });

  it('fails one job alone, and those that it has no handler for', async () => {
    @Processor('rows')
    class RowProcessor {
      @Process('row', { batch: { size: 50 } })
      insert(batch: Batch<Row>): void {
        const odd = batch.find(({ data }) => data.value === 2);
        if (odd) batch.setAsFailed(odd, new UnrecoverableError('odd'));
      }
    }
    app = await startApp({ imports: [ROWS], providers: [RowProcessor] });
    await addRows(app, [1, 2]);
    await addRows(app, [3], 'other');
    const queue = queueOf(app, 'rows');
    await until(async () => (await queue.getFailedCount()) === 2 && (await queue.getCompletedCount()) === 1);
    const failed = await queue.getFailed();
    expect(failed.map(({ failedReason }) => failedReason).toSorted()).toEqual([
      expect.stringContaining('other'),
      'odd',
    ]);
  });

  it('refuses a second handler of the queue, and a batch for a whole class', async () => {
    @Processor('rows', { autorun: false })
    class RowProcessor {
      @Process('row', { batch: { size: 50 } })
      insert(_jobs: Job<Row>[]): void {}

      @Process()
      other(): void {}
    }
    await expect(startApp({ imports: [ROWS], providers: [RowProcessor] })).rejects.toThrow(BatchHandlerError);
    @Processor('rows', { batch: { size: 50 } } as object)
    class Whole {
      @Process()
      insert(): void {}
    }
    await expect(startApp({ imports: [ROWS], providers: [Whole] })).rejects.toThrow('Put it on the method');
    expect(() => Process({ batch: { size: 0 } })).toThrow(InvalidOptionError);
    expect(() => Process({ bach: { size: 5 } } as ProcessOptions)).toThrow('bach');
  });
});
