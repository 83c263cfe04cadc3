import { describe, it } from '@jest/globals';
import type { FlowJob, Queue } from 'bullmq';
import { type Bench, expectSame, thrown } from './both.js';

/** A queue of parents, one of children, and what a flow leaves in both. */
async function family(bench: Bench, flow: (own: string, other: string) => FlowJob) {
  const { lib, name, opts, use } = bench;
  const other = `${name}-other`;
  const [queue, peer] = [name, other].map((each) => use(new lib.Queue(each, opts))) as [Queue, Queue];
  const flows = use(new lib.FlowProducer(opts));
  await flows.add(flow(name, other));
  const states = async (...ids: string[]): Promise<unknown> => {
    const found = ids.map(async (id) => [id, await queue.getJobState(id), await peer.getJobState(id)]);
    return Promise.all(found);
  };
  return { queue, peer, states };
}

const job = (queueName: string, jobId: string, children?: FlowJob[], opts = {}): FlowJob => ({
  ...{ name: jobId, queueName, data: {}, opts: { jobId, ...opts } },
  ...(children ? { children } : {}),
});

describe('parents, when their children go', () => {
  it('drained in the same queue, one above the other', () =>
    expectSame(async (bench) => {
      const { queue, states } = await family(bench, (own) =>
        job(own, 'top', [job(own, 'middle', [job(own, 'below')])]),
      );
      await queue.drain();
      return [await states('top', 'middle', 'below'), await queue.getJobCounts()];
    }));

  it('drained while one of them is delayed', () =>
    expectSame(async (bench) => {
      const { queue, states } = await family(bench, (own) =>
        job(own, 'top', [job(own, 'now'), job(own, 'later', undefined, { delay: 60_000 })]),
      );
      await queue.drain();
      const first = await states('top', 'now', 'later');
      await queue.drain(true);
      return [first, await states('top', 'now', 'later')];
    }));

  it('drained in another queue', () =>
    expectSame(async (bench) => {
      const { peer, states } = await family(bench, (own, other) => job(own, 'top', [job(other, 'below')]));
      await peer.drain();
      return states('top', 'below');
    }));

  it('cleaned', () =>
    expectSame(async (bench) => {
      const { queue, states } = await family(bench, (own) =>
        job(own, 'top', [job(own, 'now'), job(own, 'later', undefined, { delay: 60_000 })]),
      );
      const cleaned = [(await queue.clean(0, 10, 'wait')).toSorted()];
      const first = await states('top', 'now', 'later');
      cleaned.push((await queue.clean(0, 10, 'delayed')).toSorted());
      return [first, cleaned, await states('top', 'now', 'later')];
    }));

  it('cleaned in another queue', () =>
    expectSame(async (bench) => {
      const { peer, states } = await family(bench, (own, other) => job(own, 'top', [job(other, 'below')]));
      return [await peer.clean(0, 10, 'wait'), await states('top', 'below')];
    }));

  it('with the queue of the children', () =>
    expectSame(async (bench) => {
      const { peer, states } = await family(bench, (own, other) => job(own, 'top', [job(other, 'below')]));
      await peer.obliterate();
      return states('top', 'below');
    }));

  it('apart from those that the queue of the parent holds, which goes as a whole', () =>
    expectSame(async (bench) => {
      const { queue, peer, states } = await family(bench, (own, other) =>
        job(own, 'top', [job(other, 'below'), job(own, 'near')]),
      );
      await queue.obliterate();
      // BullMQ leaves the record of a parent behind whose other children are elsewhere, in a queue that it says is gone.
      const [top, ...rest] = (await states('top', 'below', 'near')) as unknown[][];
      return [top!.length, rest, await peer.getJobCounts()];
    }));

  it('by themselves', () =>
    expectSame(async (bench) => {
      const { queue, peer, states } = await family(bench, (own, other) =>
        job(own, 'top', [job(other, 'below'), job(own, 'near')]),
      );
      await (await queue.getJob('near'))!.remove();
      const first = await states('top', 'below', 'near');
      const removed = await peer.remove('below');
      return [first, removed, await states('top', 'below', 'near')];
    }));

  it('with their parent, or without', () =>
    expectSame(async (bench) => {
      const { queue, states } = await family(bench, (own, other) =>
        job(own, 'top', [job(own, 'middle', [job(other, 'below')])]),
      );
      await bench
        .use(new bench.lib.FlowProducer(bench.opts))
        .add(job(bench.name, 'top2', [job(bench.name, 'middle2', [job(bench.name, 'below2')])]));
      await (await queue.getJob('top'))!.remove();
      await queue.remove('top2', { removeChildren: false });
      return states('top', 'middle', 'below', 'top2', 'middle2', 'below2');
    }));

  it('while a worker holds one of them', () =>
    expectSame(async (bench) => {
      const { queue, states } = await family(bench, (own) =>
        job(own, 'top', [job(own, 'one'), job(own, 'two')]),
      );
      const worker = bench.use(new bench.lib.Worker(bench.name, null, bench.opts));
      const held = (await worker.getNextJob('token'))!;
      const refused = [
        await queue.remove('top'),
        'code' in ((await thrown(async () => (await queue.getJob('top'))!.remove())) as object),
        await queue.remove(held.id!),
      ];
      const before = await states('top', 'one', 'two');
      await queue.drain();
      const drained = await states('top', 'one', 'two');
      await held.moveToCompleted('done', 'token', false);
      return [held.id, refused, before, drained, await states('top', 'one', 'two')];
    }));

  it('unprocessed, all at once', () =>
    expectSame(async (bench) => {
      const { queue, states } = await family(bench, (own, other) =>
        job(own, 'top', [job(own, 'one'), job(other, 'two')]),
      );
      await (await queue.getJob('top'))!.removeUnprocessedChildren();
      const first = await states('top', 'one', 'two');
      const more = await thrown(async () => (await queue.getJob('top'))!.removeUnprocessedChildren());
      return [first, more, await queue.getJobCounts()];
    }));

  it('no more, as one is unlinked', () =>
    expectSame(async (bench) => {
      const { queue, states } = await family(bench, (own) => job(own, 'top', [job(own, 'one')]));
      const child = (await queue.getJob('one'))!;
      const unlinked = await child.removeChildDependency();
      return [unlinked, await states('top', 'one')];
    }));
});
