import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError, type JobsOptions } from '../../lib/engine.js';
import { EngineLab } from '../support/engine-lab.js';

const lab = EngineLab.open();

const refused: [unknown, string, RegExp][] = [
  ['house-7', 'deduplication', /Use an object with `id`/],
  [null, 'deduplication', /Use an object with `id`/],
  [{}, 'deduplication.id', /Use a text that is not empty/],
  [{ id: '' }, 'deduplication.id', /Use a text that is not empty/],
  [{ id: 7 }, 'deduplication.id', /Use a text that is not empty/],
  [{ id: 'a\nb' }, 'deduplication.id', /control characters/],
  [{ id: 'é'.repeat(129) }, 'deduplication.id', /at most 256 bytes/],
  [{ id: 'a', ttl: -5 }, 'deduplication.ttl', /at least 0/],
  [{ id: 'a', ttl: Number.NaN }, 'deduplication.ttl', /at least 0/],
  [{ id: 'a', ttl: '5000' }, 'deduplication.ttl', /at least 0/],
  [{ id: 'a', extend: 1 }, 'deduplication.extend', /true or false/],
  [{ id: 'a', replace: 'yes' }, 'deduplication.replace', /true or false/],
  [{ id: 'a', keepLastIfActive: null }, 'deduplication.keepLastIfActive', /true or false/],
  [
    { id: 'a', keepLast: true },
    'deduplication.keepLast',
    /Known options: id, ttl, extend, replace, reschedule, keepLastIfActive/,
  ],
];

describe('the option deduplication', () => {
  it.each(refused)('%j is refused before anything is written', async (deduplication, option, hint) => {
    const queue = lab.queue();
    const opts = { deduplication } as JobsOptions;

    const adds = [
      queue.add('paint', 1, opts),
      queue.addBulk([
        { name: 'paint', data: 1 },
        { name: 'paint', data: 2, opts },
      ]),
    ];
    const errors = (await Promise.allSettled(adds)).map((add) => (add as PromiseRejectedResult).reason);

    for (const error of errors) {
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(error.message).toContain(option);
      expect(error.message).toMatch(hint);
    }
    expect(await lab.dump()).toEqual({});
  });

  it('may name parts that are undefined, and take a ttl that is no whole number', async () => {
    const queue = lab.queue();
    const rule = {
      id: 'a',
      ttl: 59_999.5,
      extend: undefined,
      replace: undefined,
      keepLastIfActive: undefined,
    };

    await queue.add('paint', 1, { deduplication: rule } as object);

    expect(await queue.getDeduplicationJobId('a')).toBe('1');
    expect(await lab.client.pttl(lab.keys.derived('dedup', 'a'))).toBeLessThanOrEqual(60_000);
  });

  it('given to a queue, is that of all its jobs, and one given to a job goes before it', async () => {
    const queue = lab.queue({ defaultJobOptions: { deduplication: { id: 'all' } } as JobsOptions });

    const jobs = await queue.addBulk([
      { name: 'paint', data: 1 },
      { name: 'paint', data: 2 },
      { name: 'paint', data: 3, opts: { deduplication: { id: 'own' } } },
    ]);

    expect(jobs.map(({ id, deduplicated }) => [id, deduplicated])).toEqual([
      ['1', false],
      ['1', true],
      ['3', false],
    ]);
  });
});
