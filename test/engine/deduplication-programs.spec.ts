import { describe, expect, it } from '@jest/globals';
import type { Job } from '../../lib/engine.js';
import { EngineLab, next, nextFew } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** The programs of the BullMQ guide on deduplication, with shorter times. */
describe('programs that listen to what deduplication does', () => {
  it('hear of every add that was stopped, and of the one job that ran', async () => {
    const queue = lab.queue();
    const queueEvents = await lab.events();
    const lines: string[] = [];
    queueEvents.on('deduplicated', ({ jobId, deduplicationId, deduplicatedJobId }, id) => {
      expect(id).toMatch(/^\d+-\d+-\d+$/);
      lines.push(
        `Job ${deduplicatedJobId} was deduplicated due to existing job ${jobId} with deduplication ID ${deduplicationId}`,
      );
    });
    const heard = nextFew(queueEvents, 'deduplicated', 2);
    const first = await queue.add('house', { color: 'white' }, { deduplication: { id: 'customValue' } });
    await queue.add('house', { color: 'red' }, { deduplication: { id: 'customValue' } });
    await queue.add('house', { color: 'blue' }, { deduplication: { id: 'customValue' } });
    await heard;
    expect(lines).toEqual(
      ['2', '3'].map(
        (id) =>
          `Job ${id} was deduplicated due to existing job ${first.id} with deduplication ID customValue`,
      ),
    );
    expect(await queue.getDeduplicationJobId('customValue')).toBe(first.id);
    const completed = next(queueEvents, 'completed');
    lab.worker(async (job) => job.data.color);
    expect((await completed)[0]).toEqual({ jobId: first.id, returnvalue: 'white', prev: 'active' });
  });

  it('see only the newest of ten debounced jobs, and nine that were replaced', async () => {
    const queue = lab.queue();
    const queueEvents = await lab.events();
    const worker = lab.worker(async () => {});
    const replaced = nextFew(queueEvents, 'deduplicated', 9);
    const completed = next(worker, 'completed') as Promise<[Job<{ color: string }>]>;
    for (let i = 1; i < 11; i += 1) {
      await queue.add(
        'house1',
        { color: `white ${i}` },
        { deduplication: { id: 'customValue', ttl: 300, extend: true, replace: true }, delay: 300 },
      );
    }
    const [job] = await completed;
    expect(job.data.color).toBe('white 10');
    const dropped = (await replaced).map(([{ deduplicatedJobId }]) => deduplicatedJobId as string);
    expect(new Set(dropped).size).toBe(9);
    expect(dropped).not.toContain(job.id);
    expect(await queue.getJobCounts('completed', 'waiting', 'delayed')).toEqual({
      completed: 1,
      waiting: 0,
      delayed: 0,
    });
  });
});
