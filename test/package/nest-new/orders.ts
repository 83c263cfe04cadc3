// Copied by `npm run check` into the application that `nest new` makes: both of our modules side by side.
import { Injectable, Module } from '@nestjs/common';
import { InjectQueue, type Job, OnWorkerEvent, Process, Processor, Queue, StepwellModule } from 'stepwell';
import { type Job as BullJob, Queue as BullQueue } from 'stepwell/bullmq';
import * as bull from 'stepwell/nestjs-bullmq';

export const ORDERS = `orders-${process.pid}`;
export const MAILS = `mails-${process.pid}`;

export interface Order {
  item: string;
}

@Injectable()
export class Shop {
  constructor(
    @InjectQueue(ORDERS) readonly orders: Queue<Order, string>,
    @bull.InjectQueue(MAILS) readonly mails: BullQueue<{ to: string }, string>,
  ) {}

  async buy(item: string): Promise<string | undefined> {
    return (await this.orders.add('buy', { item })).id;
  }
}

export const handled: string[] = [];

@Processor(ORDERS)
export class OrdersProcessor {
  @Process('buy')
  buy(job: Job<Order>): string {
    handled.push(job.data.item);
    return `bought ${job.data.item}`;
  }

  @OnWorkerEvent('failed')
  failed(_job: Job, error: Error): void {
    console.error(error.message);
  }
}

@bull.Processor(MAILS)
export class MailsProcessor extends bull.WorkerHost {
  async process(job: BullJob<{ to: string }>): Promise<string> {
    handled.push(job.data.to);
    return 'sent';
  }
}

/** As a host application has it, with Redis where the environment says. */
@Module({
  imports: [
    StepwellModule.forRootAsync({ useFactory: () => ({ connection: process.env.REDIS_URL ?? '' }) }),
    StepwellModule.registerQueue({ name: ORDERS }),
    bull.BullModule.forRootAsync({ useFactory: () => ({ connection: process.env.REDIS_URL ?? '' }) }),
    bull.BullModule.registerQueue({ name: MAILS }),
  ],
  providers: [Shop, OrdersProcessor, MailsProcessor],
  exports: [Shop],
})
export class OrdersModule {}

export async function untilHandled(count: number): Promise<void> {
  for (const deadline = Date.now() + 20_000; handled.length < count;) {
    if (Date.now() > deadline) throw new Error('The jobs did not finish in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
