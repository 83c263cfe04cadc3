import { describe, expect, it } from '@jest/globals';
import type { ScriptRunner } from '../../lib/redis/script-runner.js';
import { AddBatch } from '../../lib/store/add-batch.js';
import type { NewJob } from '../../lib/job/added-job.js';
import type { CallMaker } from '../../lib/store/call.js';
import { Calls } from '../../lib/store/calls.js';
import { Lifetime } from '../../lib/store/lifetime.js';
import { Patience } from '../../lib/store/patience.js';
import { OpenCalls, settled, StillTime } from '../support/still-time.js';

const NOW = 1_700_000_000_000;
const job = (id: string): NewJob => ({ id, spec: '', body: 'work\n{}\n{}' });

/** A batch whose calls a test answers, in a time that stands still. */
class Adds {
  readonly time = new StillTime();
  readonly lifetime = new Lifetime();
  readonly calls = new OpenCalls<{ args: readonly unknown[]; rest: readonly string[] }, string>();
  readonly batch: AddBatch;

  constructor(backlog = 1000) {
    const runner = {
      client: { status: 'ready', on: () => {}, off: () => {} },
      runtime: this.time.runtime,
      run: (_script: unknown, args: readonly unknown[], rest: readonly string[]) =>
        this.calls.call({ args, rest }),
    };
    const patience = new Patience(this.time.runtime, 1000);
    const context = {
      runner: runner as unknown as ScriptRunner,
      calls: new Calls(runner as unknown as CallMaker, patience, this.lifetime),
      ...{ patience, lifetime: this.lifetime, host: { backlog } },
    };
    this.batch = new AddBatch(context, () => undefined);
  }

  /** What an add comes to: its id and what is said of it, or the error's name. */
  add(id: string): { result: string | undefined } {
    const added: { result: string | undefined } = { result: undefined };
    this.batch
      .add(job(id), (done) => done, undefined)
      .then(
        (done) => (added.result = `${done.id} ${done.duplicated ? 'duplicated' : 'added'}`),
        (error: Error) => (added.result = error.name),
      );
    return added;
  }
}

describe('an add batch', () => {
  it('gives each add its own line of the answer', async () => {
    const adds = new Adds();
    const [a, b, c] = [adds.add('a'), adds.add('b'), adds.add('c')];
    await settled();
    expect(adds.calls.made).toHaveLength(1);

    await adds.calls.last.answer(`${NOW}\n+a\n=b\n+c`);

    expect([a.result, b.result, c.result]).toEqual(['a added', 'b duplicated', 'c added']);
  });

  it('refuses one alone whose limit is not there', async () => {
    const adds = new Adds();
    const [a, b] = [adds.add('a'), adds.add('b')];
    await settled();

    await adds.calls.last.answer(`${NOW}\n!stripe\n+b`);

    expect([a.result, b.result]).toEqual(['UnknownLimitError', 'b added']);
  });

  it('makes nothing of a reply that comes after the add was given up', async () => {
    const adds = new Adds();
    const made: string[] = [];
    const adding = adds.batch.add(job('a'), ({ id }) => made.push(id), undefined);
    const refused = adding.catch((error: Error) => error.name);
    await adds.time.pass(3000);
    expect(await refused).toBe('CallTimeoutError');

    await adds.calls.last.answer(`${NOW}\n+a`);

    expect(made).toEqual([]);
  });

  it('refuses an add beyond the backlog while Redis is silent, and takes one when it is not', async () => {
    const adds = new Adds(1);
    const first = adds.add('a');
    await adds.time.pass(300);
    const refused = adds.add('b');
    await settled();
    expect([first.result, refused.result]).toEqual([undefined, 'BacklogFullError']);

    await adds.calls.last.answer(`${NOW}\n+a`);
    const taken = adds.add('c');
    await settled();
    await adds.calls.last.answer(`${NOW}\n+c`);

    expect([first.result, taken.result]).toEqual(['a added', 'c added']);
  });

  it('sends many jobs in calls of 200, in their order, plain ones in fewer words', async () => {
    const adds = new Adds();
    const added = adds.batch.addMany(Array.from({ length: 450 }, () => job('')));
    await adds.time.pass(1);
    const sizes = adds.calls.made.map(({ args }) => args.rest.length);
    expect(sizes).toEqual([200, 200, 50]);
    for (const [i, call] of adds.calls.made.entries()) await call.answer(`${NOW}\n${1 + 200 * i}`);

    const ids = (await added).map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 450 }, (_, i) => String(i + 1)));
  });

  it('has the script wake a worker where none of this process is idle', async () => {
    const adds = new Adds();
    adds.add('a');
    await settled();

    const { args } = adds.calls.last.args;
    expect(args[3]).toBe(1);
  });

  it('rejects many jobs where one is refused, and leaves alone those of others', async () => {
    const adds = new Adds();
    const jobs = Array.from({ length: 9 }, (_, i) => job(`m${i}`));
    const many = adds.batch.addMany(jobs).catch((error: Error) => error.name);
    const alone = adds.add('a');
    await settled();

    const words = Array.from({ length: 9 }, (_, i) => (i === 4 ? '!stripe' : `+m${i}`));
    await adds.calls.last.answer([NOW, ...words, '+a'].join('\n'));

    expect(await many).toBe('UnknownLimitError');
    expect(alone.result).toBe('a added');
  });

  it('counts each of many jobs for the backlog', async () => {
    const adds = new Adds(10);
    const many = adds.batch
      .addMany(Array.from({ length: 20 }, () => job('')))
      .catch((error: Error) => error.name);
    await adds.time.pass(300);
    const refused = adds.add('a');
    await settled();

    expect(refused.result).toBe('BacklogFullError');
    await adds.time.pass(1200);
    expect(await many).toBe('CallTimeoutError');
  });

  it('rejects an add that a silent Redis has left unanswered', async () => {
    const adds = new Adds();
    const added = adds.add('a');

    await adds.time.pass(1200);

    expect(added.result).toBe('CallTimeoutError');
    expect(adds.batch.isIdle).toBe(true);
  });

  it('adds nothing once its owner is closed', async () => {
    const adds = new Adds();
    adds.lifetime.end('The queue photos');
    const added = adds.add('a');
    await settled();

    expect(added.result).toBe('ConnectionClosedError');
    expect(adds.calls.made).toHaveLength(0);
  });
});
