import { expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  getQueueToken,
  type Job,
  Processor,
  type Queue,
  sleep,
  Step,
  STEPWELL_OPTIONS,
  StepwellModule,
} from 'stepwell';
import { StepwellTestingModule, TimeTravel } from 'stepwell/testing';
import { TimeLab } from './time-lab.js';

@Processor('orders')
class OrderProcessor {
  @Step()
  rest() {
    return sleep(24 * 3600_000);
  }

  @Step()
  ship() {
    return 'shipped';
  }
}

const orders = { imports: [StepwellModule.registerQueue({ name: 'orders' })], providers: [OrderProcessor] };

@Module({
  ...orders,
  imports: [StepwellModule.forRoot({ connection: 'redis://127.0.0.1:1' }), ...orders.imports],
})
class AppModule {}

const lab = new TimeLab();
let app: INestApplicationContext;

async function shipAnOrder(): Promise<Job> {
  await lab.keep(app).init();
  const job = await app.get<Queue>(getQueueToken('orders')).add('order', {});
  await lab.time.advance('25h');
  return job;
}

it('queues and workers of a module live in virtual time', async () => {
  const time = await lab.travel();
  app = await Test.createTestingModule({
    ...orders,
    imports: [StepwellTestingModule.forRoot(time, { prefix: 'shop' }), ...orders.imports],
  }).compile();
  expect(app.get(TimeTravel)).toBe(time);
  expect(await (await shipAnOrder()).isCompleted()).toBe(true);
});

it('so do those of a whole application whose options are overridden', async () => {
  const time = await lab.travel();
  app = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(STEPWELL_OPTIONS)
    .useValue({ connection: time.connection })
    .compile();
  expect(await (await shipAnOrder()).isCompleted()).toBe(true);
});
