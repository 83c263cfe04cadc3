import { describe, expect, it } from '@jest/globals';
import { Injectable, ParseIntPipe, UseGuards, type CanActivate } from '@nestjs/common';
import {
  Compensate,
  defineSteps,
  type Job,
  JobData,
  Processor,
  sleep,
  Step,
  type StepContext,
  StepResult,
  UnknownStepError,
  waitForChildren,
} from 'stepwell';
import { runStep } from 'stepwell/testing';

@Injectable()
class Bank {
  async charge(places: number): Promise<{ paid: number; at?: Date }> {
    throw new Error(`The real bank, for ${places} places.`);
  }
}

@Processor('orders')
class OrderProcessor {
  constructor(private readonly bank: Bank) {}

  @Step()
  reserve(job: Job<{ places: number }>) {
    return { places: job.data.places };
  }

  @Step({ timeout: 50 })
  async charge(job: Job, ctx: StepContext<OrderProcessor>) {
    await ctx.log(`try ${ctx.attempt} after ${String(ctx.last)}`);
    await job.updateProgress(50);
    await ctx.save('asked');
    return this.bank.charge(ctx.result('reserve').places);
  }

  @Compensate('charge')
  refund(_job: Job, ctx: StepContext) {
    return `${(ctx.result('charge') as { paid: number }).paid}: ${ctx.failedReason}`;
  }

  @Step()
  coolDown() {
    return sleep(1000, SHIP);
  }

  @Step()
  async ship(_job: Job, ctx: StepContext) {
    await ctx.addChildren([{ name: 'parcel', queueName: 'parcels', data: { to: 'you' } }]);
    return waitForChildren();
  }

  @Step({ timeout: 20 })
  async finish(job: Job, ctx: StepContext) {
    if (job.data.hangs)
      return new Promise((_, reject) =>
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)),
      );
    return Object.values(await job.getChildrenValues());
  }
}

// oxlint-disable-next-line unicorn/no-thenable -- an option of that name
const SHIP = { then: 'ship' };

const fake = (charge: (places: number) => unknown) => [{ provide: Bank, useValue: { charge } }];

describe('one step of a class', () => {
  it('has what it is injected with, its job and the results before it', async () => {
    const report = await runStep(OrderProcessor, 'charge', {
      results: { reserve: { places: 2 } },
      providers: fake(async (places) => ({ paid: places * 10, at: new Date(0) })),
      attempt: 2,
      last: 'asked',
    });
    // As it would come back from Redis.
    expect(report.result).toEqual({ paid: 20, at: '1970-01-01T00:00:00.000Z' });
    expect(report).toMatchObject({
      next: 'coolDown',
      log: ['try 2 after asked'],
      progress: [50],
      saved: ['asked'],
    });
  });

  it('rejects with what it throws', async () => {
    const options = { results: { reserve: { places: 2 } }, providers: [Bank] };
    await expect(runStep(OrderProcessor, 'charge', options)).rejects.toThrow('The real bank, for 2 places.');
  });

  it('says where the job goes on, and what children it has', async () => {
    const providers = [Bank];
    expect(await runStep(OrderProcessor, 'coolDown', { providers })).toMatchObject({
      ...{ result: null, next: 'ship', outcome: { until: 1000 } },
    });
    const shipped = await runStep(OrderProcessor, 'ship', { providers });
    expect(shipped.children).toMatchObject([{ queueName: 'parcels', data: { to: 'you' } }]);
    const finished = await runStep(OrderProcessor, 'finish', { providers, children: { a: 1, b: 2 } });
    expect(finished).toMatchObject({ result: [1, 2], next: undefined });
  });

  it('is undone, and ends when its time is over', async () => {
    const undone = await runStep(OrderProcessor, 'undo:charge', {
      ...{ providers: [Bank], results: { charge: { paid: 20 } }, failedReason: 'no stock' },
    });
    expect(undone.result).toBe('20: no stock');
    const job = { data: { hangs: true } };
    await expect(runStep(OrderProcessor, 'finish', { providers: [Bank], job })).rejects.toMatchObject({
      code: 'STEP_TIMEOUT',
    });
  });

  it('is refused when there is none of that name, or something to inject is missing', async () => {
    await expect(runStep(OrderProcessor, 'nothing' as never, { providers: [Bank] })).rejects.toThrow(
      UnknownStepError,
    );
    await expect(runStep(OrderProcessor, 'reserve')).rejects.toThrow(/Bank/);
    await expect(runStep(Bank, 'charge' as never)).rejects.toMatchObject({ code: 'MISSING_HANDLER' });
  });
});

it('runs a step of defineSteps', async () => {
  const steps = defineSteps({ first: () => 1, second: (job, ctx) => [job.data, ctx.result('first')] });
  const { result } = await runStep(steps, 'second', { job: { data: 'data' }, results: { first: 1 } });
  expect(result).toEqual(['data', 1]);
});

it('says what a step would need Redis for', async () => {
  const steps = defineSteps({ first: (job) => job.getState() });
  await expect(runStep(steps, 'first')).rejects.toThrow('createTimeTravel');
});

it('runs a step with its guards, pipes and decorated parameters', async () => {
  @Injectable()
  class Never implements CanActivate {
    canActivate = () => false;
  }

  @Processor('orders')
  class Enhanced {
    @Step()
    first(_job: Job, @JobData('places', ParseIntPipe) places: number) {
      return places + 1;
    }

    @Step()
    @UseGuards(Never)
    second(_job: Job, @StepResult('first') places: number) {
      return places;
    }
  }

  const job = { data: { places: '2' } };
  expect((await runStep(Enhanced, 'first', { job })).result).toBe(3);
  await expect(runStep(Enhanced, 'second', { job, results: { first: 3 } })).rejects.toThrow(
    'Enhanced.second() was not called: Forbidden resource',
  );
});
