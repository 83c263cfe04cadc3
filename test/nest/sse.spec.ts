import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Headers, Param, Query, Res, Sse, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  getQueueToken,
  InjectQueueEvents,
  Process,
  Processor,
  type Queue,
  QueueEvents,
  QueueEventsProducer,
  type SseResponse,
  StepwellModule,
  toSse,
  type Job,
} from 'stepwell';
import { Gate, until } from '../support/engine-lab.js';
import { LogLines, sharedOptions } from './test-app.js';

const gates = new Map<string, Gate>();

@Processor('orders', { concurrency: 10 })
class OrderProcessor {
  @Process()
  async charge(job: Job<string>): Promise<string> {
    await job.updateProgress({ text: 'half\nway\r\nthere' });
    await gates.get(job.data)?.passed;
    return job.data;
  }
}

@Controller('orders')
class OrderController {
  constructor(@InjectQueueEvents('orders') private readonly events: QueueEvents) {}

  @Sse(':id/events')
  follow(@Param('id') id: string, @Headers('last-event-id') after?: string, @Query('beat') beat = '0') {
    return this.events.watch(id, { after }).pipe(toSse({ heartbeat: Number(beat), retry: 1234 }));
  }
}

@Controller('board')
class BoardController {
  constructor(@InjectQueueEvents('orders') private readonly events: QueueEvents) {}

  @Sse()
  all(@Res() response: SseResponse, @Headers('last-event-id') after?: string) {
    return this.events.follow({ after }).pipe(toSse({ response, buffer: { limit: 20 } }));
  }
}

interface Message {
  id?: string;
  event?: string;
  retry?: string;
  data?: any;
  comment?: string;
}

/** An open response, and what it has brought so far. */
class Reader {
  text = '';
  isOver = false;

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (this.text += chunk));
    response.on('close', () => (this.isOver = true));
  }

  static open(url: string, lastEventId?: string): Promise<Reader> {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return new Promise((resolve, reject) => {
      request(url, { headers }, (response) => resolve(new Reader(response)))
        .on('error', reject)
        .end();
    });
  }

  get messages(): Message[] {
    return (
      this.text
        .split('\n\n')
        // What follows the last of them is not complete yet.
        .slice(0, -1)
        .filter((part) => part.trim() !== '')
        .map((part) => {
          const message: Message = {};
          for (const line of part.trim().split('\n')) {
            const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
            message[(name || 'comment') as keyof Message] = name === 'data' ? JSON.parse(value) : value;
          }
          return message;
        })
    );
  }

  get names(): (string | undefined)[] {
    return this.messages.map(({ event }) => event);
  }
}

describe('server-sent events', () => {
  let app: INestApplication;

  async function start(): Promise<{ url: string; queue: Queue<string> }> {
    const module = await Test.createTestingModule({
      imports: [StepwellModule.forRoot(sharedOptions()), StepwellModule.registerQueue({ name: 'orders' })],
      providers: [OrderProcessor],
      controllers: [OrderController, BoardController],
    })
      .setLogger(new LogLines())
      .compile();
    app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/orders`, queue: app.get<Queue<string>>(getQueueToken('orders')) };
  }

  afterEach(async () => {
    gates.forEach((gate) => gate.open());
    gates.clear();
    await app.close();
  });

  it('tell a job over HTTP, end with it, and go on after the last event that was seen', async () => {
    const { url, queue } = await start();
    const gate = new Gate();
    gates.set('a', gate);
    const { id } = await queue.add('charge', 'a');
    const first = await Reader.open(`${url}/${id}/events`);
    await until(async () => (await queue.getJob(id))?.progress !== 0);
    gate.open();
    await until(() => first.isOver);
    expect(first.response.headers['content-type']).toBe('text/event-stream');
    const { messages } = first;
    expect(messages[0]).toEqual({
      event: 'snapshot',
      id: expect.stringMatching(/^\d+-\d+-\d+$/),
      retry: '1234',
      data: expect.objectContaining({ event: 'snapshot', jobId: id, id: messages[0]!.id }),
    });
    expect(messages.at(-1)).toEqual({
      event: 'completed',
      id: expect.any(String),
      data: expect.objectContaining({ jobId: id, returnvalue: 'a' }),
    });
    const progress = messages.find(({ data }) => data.progress ?? data.data);
    expect(progress!.data.progress ?? progress!.data.data).toEqual({ text: 'half\nway\r\nthere' });

    const again = await Reader.open(`${url}/${id}/events`, messages[0]!.id);
    await until(() => again.isOver);
    expect(again.messages.map(({ id: seen }) => seen)).toEqual(messages.slice(1).map(({ id: seen }) => seen));
    const over = await Reader.open(`${url}/${id}/events`, messages.at(-1)!.id);
    await until(() => over.isOver);
    expect(over.names).toEqual(['snapshot']);
  });

  it('send comments while nothing happens, which leave the place alone', async () => {
    const { url, queue } = await start();
    gates.set('a', new Gate());
    const { id } = await queue.add('charge', 'a');
    const reader = await Reader.open(`${url}/${id}/events?beat=20`);
    await until(() => reader.messages.filter(({ comment }) => comment !== undefined).length >= 3);
    const beats = reader.messages.filter(({ comment }) => comment !== undefined);
    expect(beats.at(-1)).toEqual({
      comment: 'still here',
      id: reader.messages.findLast(({ event }) => event !== undefined)!.id,
    });
    reader.response.destroy();
  });

  it('do not hold up the shutdown of the application', async () => {
    const { url, queue } = await start();
    gates.set('a', new Gate());
    const { id } = await queue.add('charge', 'a');
    const readers = await Promise.all(
      Array.from({ length: 5 }, () => Reader.open(`${url}/${id}/events?beat=1000`)),
    );
    await until(() => readers.every(({ messages }) => messages.length > 0));
    const from = Date.now();
    gates.get('a')!.open();
    await app.close();
    expect(Date.now() - from).toBeLessThan(3000);
    await until(() => readers.every(({ isOver }) => isOver));
    // The job ended while the application went down, and its watchers were told.
    expect(readers.map(({ names }) => names.at(-1))).toEqual(Array.from({ length: 5 }, () => 'completed'));
  });

  it('end a response whose job will not end', async () => {
    const { url, queue } = await start();
    const { id } = await queue.add('charge', 'a', { delay: 100_000 });
    const reader = await Reader.open(`${url}/${id}/events`);
    await until(() => reader.messages.length === 1);
    const from = Date.now();
    await app.close();
    expect(Date.now() - from).toBeLessThan(3000);
    await until(() => reader.isOver);
    expect(reader.names).toEqual(['snapshot']);
  });

  it('leave out what a client does not read, say so, and bring it back when the client comes back', async () => {
    const { url, queue } = await start();
    const board = url.replace('orders', 'board');
    const reader = await Reader.open(board);
    reader.response.pause();
    const producer = new QueueEventsProducer('orders', queue.opts);
    const text = 'x'.repeat(30_000);
    await producer.publishEvent({ eventName: 'noise', n: 0, text });
    for (let n = 1; n < 600; n += 1) await producer.publishEvent({ eventName: 'noise', n, text });
    reader.response.resume();
    await until(() => reader.text.includes('event: dropped'));
    await producer.publishEvent({ eventName: 'end' });
    await until(() => reader.text.includes('event: end') && reader.names.at(-1) === 'end');
    const { messages } = reader;
    const dropped = messages.filter(({ event }) => event === 'dropped');
    const noise = messages.filter(({ event }) => event === 'noise');
    const count = dropped.reduce((sum, { data }) => sum + data.count, 0);
    expect(noise.length + count).toBe(600);
    expect(count).toBeGreaterThan(100);
    // Its id leads to what was dropped.
    const again = await Reader.open(board, dropped[0]!.id);
    const missed = noise.findIndex(({ id }) => id === dropped[0]!.id) + 1;
    await until(() => again.messages.length > 0);
    expect(again.messages[0]!.data.fields.n).toBe(noise[missed - 1]!.data.fields.n + 1);
    again.response.destroy();
    reader.response.destroy();
    await producer.close();
  }, 60_000);

  it('answer a place that is none with an error, and leave nothing when the client goes', async () => {
    const { url, queue } = await start();
    const bad = await Reader.open(`${url}/1/events`, 'nonsense');
    expect(bad.response.statusCode).toBe(500);
    const { id } = await queue.add('charge', 'a', { delay: 100_000 });
    const reader = await Reader.open(`${url}/${id}/events`);
    await until(() => reader.messages.length === 1);
    reader.response.destroy();
  });
});
