// An application with the real nestjs-cls, on the built library: node test/nest/cls-app.mjs <Redis URL> <prefix>
import { EventEmitter, once } from 'node:events';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsModule, ClsServiceManager } from 'nestjs-cls';
import { getQueueToken, Process, Processor, StepwellModule } from 'stepwell';

const [, , connection, prefix] = process.argv;
const cls = ClsServiceManager.getClsService();
const seen = [];
const jobs = new EventEmitter();
const ended = once(jobs, 'ended');

class Orders {
  async run(job) {
    seen.push(`${job.name} ${cls.get('tenant')}`);
    if (job.name === 'first') await app.get(getQueueToken('orders')).add('second', {});
    if (seen.length === 3) jobs.emit('ended');
  }
}
Process()(Orders.prototype, 'run', Object.getOwnPropertyDescriptor(Orders.prototype, 'run'));
Processor('orders')(Orders);

// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest
class AppModule {}
Module({
  imports: [
    ClsModule.forRoot({ global: true }),
    StepwellModule.forRoot({
      connection,
      prefix,
      propagate: [
        {
          name: 'cls',
          read: () => cls.get('tenant'),
          restore: (tenant, run) => cls.run(() => (cls.set('tenant', tenant), run())),
        },
      ],
    }),
    StepwellModule.registerQueue({ name: 'orders' }),
  ],
  providers: [Orders],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const orders = app.get(getQueueToken('orders'));
await cls.run(() => (cls.set('tenant', 'ada'), orders.add('first', {})));
await orders.add('nobody', {});
await ended;
await orders.obliterate({ force: true });
await app.close();
process.stdout.write(JSON.stringify(seen));
