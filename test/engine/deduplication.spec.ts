import { describe, expect, it } from '@jest/globals';
import {
  DelayedError,
  type DeduplicationOptions,
  type Job,
  type JobsOptions,
  type QueueEvents,
} from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew } from '../support/engine-lab.js';

const lab = EngineLab.open();

const house = (rule: Partial<DeduplicationOptions> = {}, rest: JobsOptions = {}): JobsOptions => ({
  ...rest,
  deduplication: { id: 'house-7', ...rule },
});

const kept = (jobId: string, deduplicatedJobId: string) => ({
  jobId,
  deduplicationId: 'house-7',
  deduplicatedJobId,
});

const told = async (events: QueueEvents, count: number): Promise<unknown[]> =>
  (await nextFew(events, 'deduplicated', count)).map(([fields]) => fields);

/** A worker whose job is held until the gate opens. */
function held(gate: Gate): { ran: unknown[]; active: Promise<unknown>; completed: () => Promise<unknown> } {
  const ran: unknown[] = [];
  const worker = lab.worker(async ({ data }) => {
    ran.push(data);
    await gate.passed;
  });
  return { ran, active: next(worker, 'active'), completed: () => next(worker, 'completed') };
}

describe('an unfinished job', () => {
  it('stops further ones of its id, and the answer names it', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const stopped = told(events, 2);

    const first = await queue.add('paint', { color: 'white' }, house());
    const second = await queue.add('paint', { color: 'red' }, house());
    const other = await queue.add('paint', { color: 'blue' }, { deduplication: { id: 'house-8' } });
    const named = await queue.add('paint', { color: 'green' }, house({}, { jobId: 'mine' }));

    expect([first, second, other, named].map(({ id, deduplicated }) => [id, deduplicated])).toEqual([
      ['1', false],
      ['1', true],
      ['3', false],
      ['1', true],
    ]);
    expect(second.data).toEqual({ color: 'red' });
    expect((await queue.getJob('1'))!.data).toEqual({ color: 'white' });
    expect(await queue.getJob('mine')).toBeUndefined();
    expect(await stopped).toEqual([kept('1', '2'), kept('1', 'mine')]);
    expect(await queue.getWaitingCount()).toBe(2);
  });

  it.each([
    ['completed', async () => 'done'],
    ['failed', () => Promise.reject(new Error('no paint'))],
  ])('no longer does so when it has %s', async (ended, processor: () => Promise<string>) => {
    const queue = lab.queue();
    await queue.add('paint', 1, house());
    await next(lab.worker(processor), ended);

    const again = await queue.add('paint', 2, house());

    expect(again).toMatchObject({ id: '2', deduplicated: false });
  });

  it('still does so between its attempts', async () => {
    const queue = lab.queue();
    await queue.add('paint', 1, house({}, { attempts: 2, backoff: 60_000 }));
    const worker = lab.worker(() => Promise.reject(new Error('no paint')));
    await next(worker, 'failed');

    expect(await queue.add('paint', 2, house())).toMatchObject({ id: '1', deduplicated: true });
    expect(await queue.getDelayedCount()).toBe(1);
  });

  it('is told of by its own events too', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const ofJob = next(events, 'deduplicated:1');
    await queue.add('paint', 1, house());
    await queue.add('paint', 2, house());

    const [fields, id] = await ofJob;
    expect(fields).toEqual(kept('1', '2'));
    expect(id).toMatch(/^\d+-\d+-\d+$/);
  });

  it('says its deduplication id, as does a job that is read', async () => {
    const queue = lab.queue();
    const job = await queue.add('paint', 1, house());
    expect(job.deduplicationId).toBe('house-7');
    const read = (await queue.getJob('1'))!;
    expect(read).toMatchObject({ deduplicationId: 'house-7', deduplicated: false });
    expect(read.opts.deduplication).toEqual({ id: 'house-7' });
    expect((await queue.add('paint', 1)).deduplicationId).toBeUndefined();
  });

  it('with a custom id in use is no deduplication: the answer is that job', async () => {
    const queue = lab.queue();
    await queue.add('paint', 1, { jobId: 'mine' });

    const again = await queue.add('paint', 2, house({}, { jobId: 'mine' }));

    expect(again).toMatchObject({ id: 'mine', deduplicated: false });
    expect(await queue.getDeduplicationJobId('house-7')).toBeNull();
  });
});

describe('throttle', () => {
  it('stops further jobs for its ttl even when the first has finished', async () => {
    const queue = lab.queue();
    await queue.add('paint', 1, house({ ttl: 60_000 }));
    await next(
      lab.worker(async () => 1),
      'completed',
    );

    expect(await queue.add('paint', 2, house({ ttl: 60_000 }))).toMatchObject({
      id: '1',
      deduplicated: true,
    });
    expect(await queue.getDeduplicationJobId('house-7')).toBe('1');
  });

  it('lets the next one in once it has passed, the first being unfinished', async () => {
    const queue = lab.queue();
    await queue.add('paint', 1, house({ ttl: 60_000 }));
    await lab.client.hset(lab.keys.derived('dedup', 'house-7'), 'until', Date.now() - 1);

    expect(await queue.add('paint', 2, house({ ttl: 60_000 }))).toMatchObject({
      id: '2',
      deduplicated: false,
    });
    expect(await queue.getWaitingCount()).toBe(2);
  });

  it('begins anew with each stopped job where it is extended', async () => {
    const queue = lab.queue();
    const until = async (): Promise<number> =>
      Number(await lab.client.hget(lab.keys.derived('dedup', 'house-7'), 'until'));
    await queue.add('paint', 1, house({ ttl: 1000 }));
    const first = await until();
    await queue.add('paint', 2, house({ ttl: 60_000 }));
    expect(await until()).toBe(first);
    await queue.add('paint', 3, house({ ttl: 60_000, extend: true }));
    expect(await until()).toBeGreaterThan(first + 50_000);
  });
});

describe('debounce', () => {
  const rule = { ttl: 60_000, extend: true, replace: true };

  it('runs the last of ten jobs', async () => {
    const queue = lab.queue<{ color: string }>();
    const events = await lab.events();
    const replaced = told(events, 9);
    for (let i = 1; i < 11; i += 1) {
      const job = await queue.add('house1', { color: `white ${i}` }, house(rule, { delay: 60_000 }));
      expect(job).toMatchObject({ id: String(i), deduplicated: false });
    }
    const worker = lab.worker<{ color: string }>(async () => {});
    const completed = next(worker, 'completed');
    await queue.promoteJobs();

    expect(((await completed) as [Job<{ color: string }>])[0].data.color).toBe('white 10');
    expect(await replaced).toEqual(Array.from({ length: 9 }, (_, i) => kept(String(i + 2), String(i + 1))));
    expect(await queue.getJobCounts()).toMatchObject({ delayed: 0, waiting: 0, completed: 1 });
  });

  it('runs the last of a bulk as well', async () => {
    const queue = lab.queue();
    const jobs = await queue.addBulk(
      Array.from({ length: 10 }, (_, i) => ({
        name: 'house1',
        data: i,
        opts: house(rule, { delay: 60_000 }),
      })),
    );
    expect(jobs.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, i) => String(i + 1)));
    expect((await queue.getDelayed()).map(({ data }) => data)).toEqual([9]);
  });
});

describe('replace', () => {
  it('leaves a job alone that waits for its next attempt, and says so', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    await queue.add('paint', 'half done', house({}, { attempts: 2, backoff: 60_000 }));
    const worker = lab.worker(() => Promise.reject(new Error('no paint')));
    await next(worker, 'failed');
    const dropped = told(events, 1);

    expect(await queue.add('paint', 'new', house({ replace: true }))).toMatchObject({
      id: '1',
      deduplicated: true,
    });

    expect(await dropped).toEqual([kept('1', '2')]);
    expect((await queue.getDelayed()).map(({ data }) => data)).toEqual(['half done']);
  });

  it('leaves a job alone that sleeps between its steps; what comes meanwhile runs next where that is asked', async () => {
    const queue = lab.queue();
    const ran: string[] = [];
    const rule = house({ replace: true, keepLastIfActive: true });
    const worker = lab.worker(async (job, token) => {
      ran.push(job.data);
      if (job.attemptsStarted === 1 && job.data === 'steps') {
        await job.moveToDelayed(Date.now() + 60_000, token!);
        throw new DelayedError();
      }
    });
    const sleeps = next(await lab.events(), 'delayed');
    await queue.add('paint', 'steps', rule);
    await sleeps;

    await queue.add('paint', 'older', rule);
    expect(await queue.add('paint', 'newest', rule)).toMatchObject({ id: '1', deduplicated: true });
    expect(await queue.getDelayedCount()).toBe(1);
    const completed = nextFew(worker, 'completed', 2);
    await queue.promoteJobs();
    await completed;

    expect(ran).toEqual(['steps', 'steps', 'newest']);
  });
});

describe('keep-last', () => {
  it('runs the newest of those that came while the first was running, and it alone', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const gate = new Gate();
    const { ran, active, completed } = held(gate);
    const rule = house({ keepLastIfActive: true });
    await queue.add('paint', 1, rule);
    await active;
    const stopped = told(events, 3);
    for (const data of [2, 3, 4]) {
      expect(await queue.add('paint', data, rule)).toMatchObject({ id: '1', deduplicated: true });
    }
    expect(await queue.getWaitingCount()).toBe(0);

    const both = nextFew(events, 'completed', 2);
    gate.open();
    await completed();
    await both;

    expect(ran).toEqual([1, 4]);
    expect(await stopped).toEqual(['2', '3', '4'].map((id) => kept('1', id)));
    expect(await queue.getJob('4')).toMatchObject({ data: 4, id: '4' });
    expect(await queue.getDeduplicationJobId('house-7')).toBeNull();
  });

  it('does so too while the first has not begun', async () => {
    const queue = lab.queue();
    const rule = house({ keepLastIfActive: true });
    for (const data of [1, 2, 3]) await queue.add('paint', data, rule);

    const ran: unknown[] = [];
    const worker = lab.worker(async ({ data }) => void ran.push(data));
    await nextFew(worker, 'completed', 2);

    expect(ran).toEqual([1, 3]);
  });
});

describe('the key', () => {
  it('names its owner', async () => {
    const queue = lab.queue();
    expect(await queue.getDeduplicationJobId('house-7')).toBeNull();
    await queue.add('paint', 1, house({}, { jobId: 'mine' }));
    expect(await queue.getDeduplicationJobId('house-7')).toBe('mine');
  });

  it('can be removed by hand', async () => {
    const queue = lab.queue();
    await queue.add('paint', 1, house());

    expect(await queue.removeDeduplicationKey('house-7')).toBe(1);
    expect(await queue.removeDeduplicationKey('house-7')).toBe(0);
    expect(await queue.getDeduplicationJobId('house-7')).toBeNull();
    expect(await queue.add('paint', 2, house())).toMatchObject({ id: '2', deduplicated: false });
    await queue.drain();
  });

  it('can be removed by the job that owns it alone', async () => {
    const queue = lab.queue();
    const first = await queue.add('paint', 1, house());
    const stopped = await queue.add('paint', 2, house());
    const plain = await queue.add('paint', 3);

    expect(await plain.removeDeduplicationKey()).toBe(false);
    expect(await stopped.removeDeduplicationKey()).toBe(true);
    expect(await first.removeDeduplicationKey()).toBe(false);
    const second = await queue.add('paint', 4, house());
    expect(await first.removeDeduplicationKey()).toBe(false);
    expect(await second.removeDeduplicationKey()).toBe(true);
    await queue.drain();
  });

  it('removed first thing by the processor, protects until the job has begun', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const removed = new Gate<boolean>();
    const worker = lab.worker(
      async (job) => {
        removed.open(await job.removeDeduplicationKey());
        await gate.passed;
      },
      { concurrency: 2 },
    );
    await queue.add('paint', 1, house());

    expect(await removed.passed).toBe(true);
    expect(await queue.add('paint', 2, house())).toMatchObject({ id: '2', deduplicated: false });
    const both = nextFew(worker, 'completed', 2);
    gate.open();
    await both;
  });

  it.each([{}, { ttl: 60_000 }])('goes when its owner is removed by hand, %j', async (rule) => {
    const queue = lab.queue();
    const job = await queue.add('paint', 1, house(rule));
    await job.remove();
    expect(await queue.getDeduplicationJobId('house-7')).toBeNull();
    expect(await queue.add('paint', 2, house(rule))).toMatchObject({ id: '2', deduplicated: false });
  });

  it('removed while a job is kept for later, lets that job go first', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const { ran, active } = held(gate);
    await queue.add('paint', 1, house({ keepLastIfActive: true }));
    await active;
    await queue.add('paint', 2, house({ keepLastIfActive: true }));
    const events = await lab.events();
    const both = nextFew(events, 'completed', 2);

    expect(await queue.removeDeduplicationKey('house-7')).toBe(1);

    gate.open();
    await both;
    expect(ran).toEqual([1, 2]);
  });
});

describe('addBulk', () => {
  const ids = 50;
  const bulk = Array.from({ length: 1000 }, (_, n) => ({
    name: 'paint',
    data: n,
    opts: { deduplication: { id: `house-${n % ids}`, keepLastIfActive: true } },
  }));
  const answers = bulk.map((_, n) => [String((n % ids) + 1), n >= ids]);

  it('decides in the order of the jobs, over all its calls', async () => {
    const queue = lab.queue();

    const jobs = await queue.addBulk(bulk);

    expect(jobs.map(({ id, deduplicated }) => [id, deduplicated])).toEqual(answers);
    expect(await queue.getWaitingCount()).toBe(ids);
    for (const [n, id] of ['house-0', 'house-49'].entries()) {
      const key = await lab.client.hgetall(lab.keys.derived('dedup', id));
      expect(key).toMatchObject({ owner: n === 0 ? '1' : '50', nextId: n === 0 ? '951' : '1000' });
    }
  });

  it('the newest of each id runs last', async () => {
    const queue = lab.queue();
    await queue.addBulk(bulk);
    const worker = lab.worker(async () => {}, { concurrency: 10 });
    const completed = (await nextFew(worker, 'completed', 2 * ids)) as [Job][];

    const last = new Map(completed.map(([{ data, deduplicationId }]) => [deduplicationId, data]));
    expect([...last.values()].sort((a, b) => a - b)).toEqual(
      Array.from({ length: ids }, (_, n) => 1000 - ids + n),
    );
  });
});

describe('a few jobs added beside an idle worker', () => {
  it('see one another, and are told what was kept', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const { ran, active, completed } = held(gate);
    await lab.events();

    const jobs = await Promise.all([1, 2, 3].map((data) => queue.add('paint', data, house())));

    expect(jobs.map(({ id, deduplicated }) => [id, deduplicated])).toEqual([
      ['1', false],
      ['1', true],
      ['1', true],
    ]);
    await active;
    gate.open();
    await completed();
    expect(ran).toEqual([1]);
  });
});
