import { afterEach, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import {
  Compensate,
  defineSteps,
  exportHistory,
  type Job,
  type JobHistory,
  type Processor as JobProcessor,
  next,
  Processor,
  sleep,
  Step,
  type StepContext,
  waitForChildren,
  waitForSignal,
} from 'stepwell';
import { replay } from 'stepwell/testing';
import { TimeLab } from './time-lab.js';

const lab = new TimeLab();
afterEach(() => lab.close());

/** What Redis and JSON leave of it is what a file holds. */
async function recordedBy(
  processor: JobProcessor,
  act?: (job: Job) => Promise<unknown>,
): Promise<JobHistory> {
  const time = await lab.travel();
  lab.worker(processor);
  lab.worker(async () => 7, {}, 'parcels');
  const job = await lab.queue().add('order', { places: 2 });
  await time.settle();
  await act?.(job);
  return JSON.parse(JSON.stringify(await exportHistory(job))) as JobHistory;
}

const shop = {
  reserve: (job: Job<{ places: number }>) => ({ places: job.data.places }),
  ask: () => waitForSignal<string>('approved'),
  pack: async (_job: Job, ctx: StepContext) => {
    await ctx.addChildren([{ name: 'parcel', queueName: 'parcels', opts: { jobId: 'one' } }]);
    return waitForChildren();
  },
  ship: () => 'shipped',
};

async function shopped(): Promise<JobHistory> {
  return recordedBy(defineSteps(shop), async (job) => {
    await job.signal('approved', 'by me');
    await job.signal('later', { early: true });
    await lab.time.runUntilIdle();
  });
}

it('an export has data, steps, results, signals and children', async () => {
  const { id, timestamp, children, ...history } = await shopped();
  expect(id).toBe('1');
  expect(timestamp).toBeGreaterThan(0);
  expect(children).toEqual([{ key: expect.stringMatching(/:parcels:one$/), state: 'completed', result: 7 }]);
  expect(history).toEqual({
    ...{ format: 'stepwell-history-1', queueName: 'jobs', name: 'order', data: { places: 2 } },
    ...{ place: 'end:ship', signals: [{ name: 'later', payload: { early: true } }] },
    steps: [
      { name: 'reserve', status: 'completed', visit: 1, attempts: 1, result: { places: 2 } },
      {
        ...{ name: 'ask', status: 'completed', visit: 2, attempts: 1 },
        signal: { timedOut: false, payload: 'by me' },
      },
      { name: 'pack', status: 'completed', visit: 3, attempts: 1, result: null },
      { name: 'ship', status: 'completed', visit: 4, attempts: 1, result: 'shipped' },
    ],
  });
});

it('the export of a job that is gone is refused', async () => {
  await lab.travel();
  const job = await lab.queue().add('order', {});
  await job.remove();
  await expect(exportHistory(job)).rejects.toThrow('export the history of');
});

it('the same code goes the same way, read and run', async () => {
  const history = await shopped();
  const same = { same: true, undecided: [], results: [], path: ['reserve', 'ask', 'pack', 'ship'] };
  expect(await replay(history, defineSteps(shop))).toMatchObject({ ...same, goesOnWith: undefined });
  expect(await replay(history, defineSteps(shop), { run: true })).toMatchObject(same);
});

it('a step that is gone, or renamed without an alias, parts; with an alias it does not', async () => {
  const history = await shopped();
  const { pack, ...rest } = shop;
  expect(await replay(history, defineSteps(rest))).toMatchObject({
    ...{ same: false, path: ['reserve', 'ask'] },
    parting: { at: 'pack', why: 'unknown-step', now: expect.stringContaining("There is no step 'pack'") },
  });
  const { reserve, ask, ship } = shop;
  const renamed = defineSteps<any>({ reserve, ask, wrap: { run: pack, aliases: ['pack'] }, ship });
  expect(await replay(history, renamed)).toMatchObject({ same: true });
});

it('another first step, another order and another wait part', async () => {
  const history = await shopped();
  const { reserve, ask, pack, ship } = shop;
  expect(await replay(history, defineSteps({ greet: () => 'hi', ...shop }))).toMatchObject({
    parting: { at: 'reserve', why: 'other-step', recorded: 'began with reserve', now: 'begins with greet' },
  });
  const inserted = defineSteps({ reserve, check: () => 'fine', ask, pack, ship });
  expect(await replay(history, inserted)).toMatchObject({ same: false, undecided: ['reserve'] });
  expect(await replay(history, inserted, { run: true })).toMatchObject({
    parting: {
      ...{ at: 'reserve', why: 'other-step' },
      ...{ recorded: 'goes on with ask', now: 'goes on with check' },
    },
  });
  expect(await replay(history, defineSteps({ ...shop, ask: () => 'yes' }), { run: true })).toMatchObject({
    parting: { at: 'ask', why: 'other-wait', recorded: 'waits for a signal', now: 'waits for none' },
  });
  const waits = defineSteps<any>({ ...shop, ship: () => waitForSignal('paid') });
  expect(await replay(history, waits, { run: true })).toMatchObject({
    parting: { at: 'ship', why: 'other-wait' },
  });
});

it('a way that a result decides is undecided until its code is run', async () => {
  const branching = defineSteps({
    check: (job: Job) => (job.data.places > 1 ? next('ship', 'many') : 'few'),
    ask: () => 'asked',
    ship: () => 'shipped',
  });
  const history = await recordedBy(branching);
  expect(await replay(history, branching)).toMatchObject({ same: false, undecided: ['check'] });
  expect(await replay(history, branching, { run: true })).toMatchObject({ same: true, undecided: [] });
});

it('results that differ are named, and part nothing; an error does', async () => {
  const history = await shopped();
  const other = await replay(history, defineSteps({ ...shop, ship: () => 'sent' }), { run: true });
  expect(other).toMatchObject({ same: true, results: [{ step: 'ship', recorded: 'shipped', now: 'sent' }] });
  const broken = defineSteps<any>({
    ...shop,
    ship: () => {
      throw new Error('no parcel');
    },
  });
  expect(await replay(history, broken, { run: true })).toMatchObject({
    parting: { at: 'ship', why: 'throws', now: 'no parcel', error: new Error('no parcel') },
  });
});

it('a job on its way goes on where the code knows its place', async () => {
  const sleeping = defineSteps({ rest: () => sleep(60_000), ship: () => 'shipped' });
  const history = await recordedBy(sleeping);
  expect(history).toMatchObject({ place: 'ship', steps: [{ name: 'rest' }] });
  expect(await replay(history, sleeping)).toMatchObject({ same: true, goesOnWith: 'ship' });
  const gone = defineSteps({ rest: () => 'rested', send: () => 'sent' });
  expect(await replay(history, gone)).toMatchObject({
    ...{ same: false, goesOnWith: undefined },
    parting: { at: 'ship', why: 'unknown-step' },
  });
});

it('what was undone wants something that undoes it', async () => {
  const fails = (): never => {
    throw new Error('no money');
  };
  const undoing = defineSteps({ reserve: { run: () => 'two', compensate: () => {} }, charge: fails });
  const history = await recordedBy(undoing, () => lab.time.runUntilIdle());
  expect(history.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'reserve completed',
    'charge failed',
    'undo:reserve completed',
  ]);
  expect(await replay(history, undoing, { run: true })).toMatchObject({ same: true });
  expect(await replay(history, defineSteps({ reserve: () => 'two', charge: fails }))).toMatchObject({
    parting: { at: 'undo:reserve', why: 'nothing-undoes' },
  });
});

@Injectable()
class Bank {
  charge(): string {
    throw new Error('The real bank.');
  }
}

@Processor('jobs')
class OrderProcessor {
  constructor(private readonly bank: Bank) {}

  @Step()
  reserve(job: Job<{ places: number }>) {
    return job.data.places;
  }

  @Compensate('reserve')
  release() {}

  @Step()
  charge() {
    return this.bank.charge();
  }
}

it('a class is read as its decorators say, and run with what stands in for its services', async () => {
  const history = await recordedBy(defineSteps({ reserve: () => 2, charge: () => 'receipt' }));
  expect(await replay(history, OrderProcessor)).toMatchObject({ same: true, path: ['reserve', 'charge'] });
  const providers = [{ provide: Bank, useValue: { charge: () => 'receipt' } }];
  expect(await replay(history, OrderProcessor, { run: true, providers })).toMatchObject({
    ...{ same: true, results: [] },
  });
  expect(await replay(history, OrderProcessor, { run: true, providers: [Bank] })).toMatchObject({
    parting: { at: 'charge', why: 'throws', now: 'The real bank.' },
  });
});

it('what is no history, and options that nobody knows, are refused', async () => {
  const steps = defineSteps({ one: () => 1 });
  await expect(replay({} as JobHistory, steps)).rejects.toThrow('Use what exportHistory returned.');
  const history = await recordedBy(steps);
  await expect(replay(history, steps, { runs: true } as object)).rejects.toThrow('run');
});
