import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import {
  Inject,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { FlowProducer, Queue } from 'stepwell/bullmq';
import { APP_CONFIG, type AppConfig } from '../app-config.js';
import { PHOTOS, PICTURES } from '../photos/photo.js';

const PATH = '/board';

/** Its page has styles in its elements, and addresses that are relative to a base of its own. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/** Bull Board, as it is, over the app's queues: `stepwell/bullmq` gives it queues as it knows them. */
@Module({})
export class BullBoardModule implements NestModule, OnApplicationShutdown {
  private readonly queues: Queue[];
  private readonly flows: FlowProducer;

  constructor(@Inject(APP_CONFIG) { redisUrl, prefix }: AppConfig) {
    const options = { connection: redisUrl, prefix };
    this.queues = [PHOTOS, PICTURES].map((name) => new Queue(name, options));
    this.flows = new FlowProducer(options);
  }

  configure(consumer: MiddlewareConsumer): void {
    const server = new ExpressAdapter();
    server.setBasePath(PATH);
    createBullBoard({
      queues: this.queues.map((queue) => this.adapterOf(queue)),
      serverAdapter: server,
      options: { uiConfig: { boardTitle: 'Photos' } },
    });
    const policy = (_request: Request, response: Response, next: NextFunction): void => {
      response.set('Content-Security-Policy', POLICY);
      next();
    };
    consumer.apply(policy, server.getRouter() as never).forRoutes(PATH);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.queues, this.flows].map((part) => part.close()));
  }

  /** It would make a flow producer of BullMQ's own out of the queue's storage, which is another here. */
  private adapterOf(queue: Queue): BullMQAdapter {
    const adapter = new BullMQAdapter(queue as never);
    adapter.getFlowProducer = async () => this.flows as never;
    return adapter;
  }
}
