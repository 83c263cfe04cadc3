// Run by `npm run check`: the test kit with Nest's injection.
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getQueueToken, Processor, type Queue, sleep, Step, StepwellModule } from 'stepwell';
import { createTimeTravel, runStep, StepwellTestingModule } from 'stepwell/testing';

@Injectable()
class Bank {
  charge(): string {
    return 'paid';
  }
}

@Processor('orders')
class OrderProcessor {
  constructor(private readonly bank: Bank) {}

  @Step()
  rest() {
    return sleep(3 * 24 * 3600_000);
  }

  @Step()
  charge(): string {
    return this.bank.charge();
  }
}

async function main(): Promise<void> {
  const providers = [{ provide: Bank, useValue: { charge: () => 'fake' } }];
  const { result } = await runStep(OrderProcessor, 'charge', { providers });
  if (result !== 'fake') throw new Error(`the step came to ${result}`);

  const time = await createTimeTravel();
  @Module({
    imports: [StepwellTestingModule.forRoot(time), StepwellModule.registerQueue({ name: 'orders' })],
    providers: [OrderProcessor, Bank],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const job = await app.get<Queue>(getQueueToken('orders')).add('order', {});
  await time.runUntilIdle();
  if (!(await job.isCompleted())) throw new Error(`the job is ${await job.getState()}`);
  await app.close();
  await time.close();
  console.log('it works');
}

void main();
