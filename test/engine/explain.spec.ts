import { describe, expect, it } from '@jest/globals';
import {
  defineSteps,
  type Job,
  JobNotFoundError,
  type Queue,
  type WaitReason,
  waitForSignal,
} from '../../lib/engine.js';
import { EngineLab, Gate, next } from '../support/engine-lab.js';

const lab = EngineLab.open();
const ms = expect.any(Number);

async function why(queue: Queue, { id }: { id: string }): Promise<WaitReason[]> {
  return (await queue.explain(id)).reasons;
}

describe('explain', () => {
  it('says that nobody is there, that the queue is paused, and until when a job is delayed', async () => {
    const queue = lab.queue();
    const [waits, delayed] = await Promise.all([queue.add('a', 0), queue.add('b', 0, { delay: 60_000 })]);
    expect(await queue.explain(waits.id)).toEqual({
      ...{ jobId: waits.id, state: 'waiting' },
      reasons: [{ why: 'no-worker' }],
    });
    await queue.pause();
    expect(await why(queue, waits)).toEqual([{ why: 'paused' }]);
    const [first, second] = await why(queue, delayed);
    expect(first).toEqual({ why: 'delayed', dueInMs: ms });
    expect((first as { dueInMs: number }).dueInMs).toBeGreaterThan(50_000);
    expect(second).toEqual({ why: 'paused' });
    await expect(queue.explain('nobody')).rejects.toThrow(JobNotFoundError);
  });

  it('says besides which limits would hold it next', async () => {
    const queue = lab.queue({ limits: { open: { concurrency: 1 }, shut: { concurrency: 1 } } });
    await queue.pauseLimit('shut');
    const limits = ['open', 'shut'];
    const named = await queue.add('a', 0, { limits });
    const lost = await queue.add('b', 0, { limits: ['nobody'], awaitLimits: true });
    const shut = {
      why: 'limited',
      limit: expect.objectContaining({ name: 'shut', isPaused: true }),
      ahead: 0,
    };
    expect(await why(queue, named)).toEqual([{ why: 'no-worker' }, shut]);
    expect(await why(queue, lost)).toEqual([
      { why: 'no-worker' },
      { why: 'limited', limit: expect.objectContaining({ name: 'nobody', isDefined: false }), ahead: 0 },
    ]);
    await queue.pauseLimit('open');
    const fetcher = lab.worker(null);
    expect(await fetcher.getNextJob('t', { block: false })).toBeUndefined();
    const [first, second] = await why(queue, named);
    expect(first).toMatchObject({ why: 'limited', limit: { name: 'open', waiting: 1 }, ahead: 0 });
    expect(second).toEqual(shut);
  });

  it('says which limit holds a job, and whose turn it is', async () => {
    const queue = lab.queue({ limits: { stripe: { concurrency: 1 } } });
    const gate = new Gate();
    const worker = lab.worker(() => gate.passed, { concurrency: 2, name: 'host' });
    const active = next(worker, 'active');
    const limits = ['stripe'];
    const [a] = await queue.addBulk([{ name: 'a', data: 0, opts: { limits } }]);
    await active;
    const b = await queue.add('b', 0, { limits });
    const c = await queue.add('c', 0, { limits });
    const second = next(worker, 'active');
    await queue.add('plain', 0);
    await second;
    const plain = await queue.add('plain', 0);
    const more = await queue.add('more', 0, { priority: 5 });
    expect(await why(queue, a!)).toEqual([{ why: 'running', worker: 'host', lockMs: ms }]);
    expect(await why(queue, c)).toEqual([
      { why: 'limited', limit: expect.objectContaining({ name: 'stripe', active: 1, waiting: 2 }), ahead: 1 },
    ]);
    expect(await why(queue, plain)).toEqual([{ why: 'turn', ahead: 0, active: 2 }]);
    expect(await why(queue, more)).toEqual([{ why: 'turn', ahead: 1, active: 2 }]);
    await queue.setGlobalConcurrency(2);
    await queue.rateLimit(60_000);
    expect(await why(queue, b)).toEqual([
      { why: 'rate-limited', opensInMs: ms },
      { why: 'maxed', concurrency: 2, active: 2 },
      expect.objectContaining({ why: 'limited', ahead: 0 }),
    ]);
    gate.open();
  });

  it('says what a job with steps or children waits for, and what has ended', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    lab.worker(defineSteps({ ask: () => waitForSignal('go', { timeout: 60_000 }), end: () => 1 }));
    const delayed = next(events, 'delayed');
    const job = await queue.add('a', 0);
    await delayed;
    expect(await why(queue, job)).toEqual([
      { why: 'awaits-signal', signal: 'go', step: 'ask', timeoutMs: ms },
    ]);
    const ended = next(events, 'completed');
    await job.signal('go');
    await ended;
    expect(await why(queue, job)).toEqual([{ why: 'finished' }]);
    const flow = await lab.flows().add({
      ...{ name: 'p', queueName: lab.name },
      children: [{ name: 'c', queueName: `${lab.name}-c` }],
    });
    expect(await why(queue, flow.job as Job)).toEqual([{ why: 'waits-for-children', pending: 1 }]);
  });
});
