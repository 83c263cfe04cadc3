import { describe, expect, it } from '@jest/globals';
import { type Job, WaitingChildrenError } from '../../lib/engine.js';
import { EngineLab, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

// Jobs that keep the step to go on with in their data, as users of BullMQ write them: nothing here is special to Stepwell.
type Step = 'order' | 'insure' | 'collect' | 'done';
interface Shipment {
  step: Step;
}

describe('a job that goes through steps and adds children on the way', () => {
  it('waits for them, and goes on from the top with their results', async () => {
    const parents = lab.queue<Shipment>();
    const parcels = lab.queue<{ kilos: number }>({}, `${lab.name}-parcels`);
    const steps: Step[] = [];
    const worker = lab.worker<Shipment, number[]>(async (job, token) => {
      let { step } = job.data;
      const go = async (to: Step): Promise<void> => {
        await job.updateData({ step: to });
        step = to;
      };
      for (;;) {
        steps.push(step);
        const parent = { id: job.id, queue: job.queueQualifiedName };
        switch (step) {
          case 'order':
            await parcels.add('first', { kilos: 3 }, { parent });
            await go('insure');
            break;
          case 'insure':
            await parcels.add('second', { kilos: 4 }, { parent });
            await go('collect');
            break;
          case 'collect':
            if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
            await go('done');
            break;
          default:
            return Object.values(await job.getChildrenValues<number>()).sort();
        }
      }
    });
    const events = await lab.events();
    const waiting = next(events, 'completed');
    const { id } = await parents.add('ship', { step: 'order' });
    await parents.getJob(id);
    const carrier = lab.worker<{ kilos: number }, number>(async (job) => job.data.kilos, {}, parcels.name);

    const [{ returnvalue }] = await waiting;

    expect(returnvalue).toEqual([3, 4]);
    const job = (await parents.getJob(id))!;
    expect(job).toMatchObject({ attemptsMade: 1, data: { step: 'done' } });
    expect(steps.at(-1)).toBe('done');
    expect(steps.filter((step) => step === 'order')).toHaveLength(1);
    expect(await job.getDependenciesCount()).toEqual({ processed: 2, unprocessed: 0, ignored: 0, failed: 0 });
    await Promise.all([worker.close(), carrier.close()]);
  });

  it('does not wait for children that have ended before', async () => {
    const parents = lab.queue<Shipment>();
    const parcels = lab.queue({}, `${lab.name}-parcels`);
    lab.worker(async () => 'delivered', {}, parcels.name);
    const events = await lab.events({}, parcels.name);
    const answers: boolean[] = [];
    const worker = lab.worker<Shipment, string>(async (job, token) => {
      const over = next(events, 'completed');
      await parcels.add('one', {}, { parent: { id: job.id, queue: job.queueQualifiedName } });
      await over;
      while ((await job.getDependenciesCount()).unprocessed! > 0);
      answers.push(await job.moveToWaitingChildren(token));
      return 'done';
    });
    const done = next(worker, 'completed');

    await parents.add('ship', { step: 'order' });

    const [job] = (await done) as [Job];
    expect(answers).toEqual([false]);
    expect(job.attemptsStarted).toBe(1);
  });

  it('may wait for one of them alone', async () => {
    const parents = lab.queue<Shipment>();
    const parcels = lab.queue({}, `${lab.name}-parcels`);
    const worker = lab.worker<Shipment, boolean[]>(async (job, token) => {
      if (job.attemptsStarted > 1) return [];
      const parent = { id: job.id, queue: job.queueQualifiedName };
      const child = await parcels.add('one', {}, { parent });
      const other = { id: 'another', queue: parcels.qualifiedName };
      const first = await job.moveToWaitingChildren(token, { child: other });
      const second = await job.moveToWaitingChildren(token, {
        child: { id: child.id, queue: parcels.qualifiedName },
      });
      expect([first, second]).toEqual([false, true]);
      throw new WaitingChildrenError();
    });
    const done = next(worker, 'completed');
    const { id } = await parents.add('ship', { step: 'order' });
    await until(async () => (await parents.getWaitingChildrenCount()) === 1);
    lab.worker(async () => 'delivered', {}, parcels.name);
    const [job] = (await done) as [Job];
    expect(job.id).toBe(id);
  });
});

describe('a job that adds a flow on the way', () => {
  it('waits for the whole of it', async () => {
    const parents = lab.queue<Shipment>();
    const names = { boxes: `${lab.name}-boxes`, items: `${lab.name}-items` };
    lab.queue({}, names.boxes);
    lab.queue({}, names.items);
    const flow = lab.flows();
    const order: string[] = [];
    const worker = lab.worker<Shipment, unknown>(async (job, token) => {
      let { step } = job.data;
      for (;;) {
        switch (step) {
          case 'order':
            await flow.add({
              name: 'box',
              queueName: names.boxes,
              children: [0, 1].map((place) => ({ name: 'item', queueName: names.items, data: { place } })),
              opts: { parent: { id: job.id, queue: job.queueQualifiedName } },
            });
            await job.updateData({ step: 'collect' });
            step = 'collect';
            break;
          case 'collect':
            if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
            await job.updateData({ step: 'done' });
            step = 'done';
            break;
          default:
            order.push('parent');
            return Object.values(await job.getChildrenValues());
        }
      }
    });
    lab.worker(
      async (job) => {
        order.push('box');
        return Object.values(await job.getChildrenValues<number>()).sort();
      },
      {},
      names.boxes,
    );
    lab.worker<{ place: number }, number>(
      async (job) => {
        order.push('item');
        return job.data.place;
      },
      {},
      names.items,
    );
    const done = next(worker, 'completed');

    await parents.add('ship', { step: 'order' });

    const [, result] = await done;
    expect(result).toEqual([[0, 1]]);
    expect(order).toEqual(['item', 'item', 'box', 'parent']);
  });

  it('rejects a flow under a parent that is not there, and adds nothing of it', async () => {
    const parents = lab.queue();
    const flow = lab.flows();

    await expect(
      flow.add({
        name: 'box',
        queueName: lab.name,
        children: [{ name: 'item', queueName: lab.name }],
        opts: { parent: { id: 'nobody', queue: parents.qualifiedName } },
      }),
    ).rejects.toMatchObject({ name: 'MissingParentError', code: 'MISSING_PARENT' });
    expect(await parents.count()).toBe(0);
  });
});

describe('a processor with children', () => {
  it('may add them to its own job, and again when it runs again', async () => {
    const parents = lab.queue();
    const items = lab.queue({}, `${lab.name}-items`);
    const known: boolean[][] = [];
    const worker = lab.worker(async (job, token) => {
      const added = await job.addChildren(
        ['a', 'b'].map((name) => ({
          name,
          queueName: items.name,
          opts: { jobId: `${job.id}-${name}` },
          children: [{ name: 'below', queueName: items.name }],
        })),
      );
      known.push(added.map(({ deduplicated }) => deduplicated));
      if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
      return Object.keys(await job.getChildrenValues()).sort();
    });
    const done = next(worker, 'completed');
    lab.worker(async () => 1, { concurrency: 4 }, items.name);
    const events = await lab.events({}, items.name);
    const below = nextFew(events, 'completed', 4);

    const { id } = await parents.add('a', 0);

    const [, result] = await done;
    expect(result).toEqual([`${items.qualifiedName}:${id}-a`, `${items.qualifiedName}:${id}-b`]);
    expect(known).toEqual([
      [false, false],
      [true, true],
    ]);
    await below;
    expect(await items.getCompletedCount()).toBe(4);
  });

  it('cannot return while they are pending: that fails the attempt, and is told', async () => {
    const parents = lab.queue();
    const items = lab.queue({}, `${lab.name}-items`);
    let tries = 0;
    const worker = lab.worker(async (job, token) => {
      tries += 1;
      if (tries === 1) {
        await job.addChildren([{ name: 'a', queueName: items.name }]);
        return 'too early';
      }
      if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
      return 'in time';
    });
    const [failed, done] = [next(worker, 'failed'), next(worker, 'completed')];
    await parents.add('a', 0, { attempts: 2 });
    const [, error] = await failed;
    expect(error).toMatchObject({ code: 'PENDING_CHILDREN' });
    lab.worker(async () => 1, {}, items.name);
    const [job, result] = await done;
    expect(result).toBe('in time');
    expect(job).toMatchObject({ attemptsMade: 2, attemptsStarted: 3 });
    expect(lab.takeErrors()).toMatchObject([{ code: 'PENDING_CHILDREN' }]);
  });
});
