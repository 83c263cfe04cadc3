import { describe, expect, it } from '@jest/globals';
import type { JobsOptions } from '../../lib/engine.js';
import { EngineLab } from '../support/engine-lab.js';

const lab = EngineLab.open();
/** More than a call of a function takes as its arguments. */
const COUNT = 150_000;
const PAGE = 5000;

async function fill(opts: JobsOptions): Promise<void> {
  for (let first = 0; first < COUNT; first += PAGE) {
    await lab
      .queue()
      .addBulk(Array.from({ length: PAGE }, (_, i) => ({ name: 'job', data: first + i, opts })));
  }
}

describe('a queue of 150,000 jobs', () => {
  it('is cleaned in one call, which returns the id of each', async () => {
    await fill({});

    const cleaned = await lab.queue().clean(0, 0, 'wait');

    expect(new Set(cleaned).size).toBe(COUNT);
    expect(await lab.queue().getWaitingCount()).toBe(0);
  }, 120_000);

  it('is promoted, listed and drained', async () => {
    await fill({ delay: 1e9 });

    await lab.queue().promoteJobs();

    expect(await lab.queue().getDelayedCount()).toBe(0);
    expect(await lab.queue().getRanges(['waiting'])).toHaveLength(COUNT);
    await lab.queue().drain();
    expect(await lab.queue().count()).toBe(0);
  }, 120_000);

  it('has a group of them removed', async () => {
    await fill({ group: { id: 'all' } });

    expect(await lab.queue().deleteGroup('all')).toBe(COUNT);
  }, 120_000);
});
