import { describe, expect, it } from '@jest/globals';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { InspectStore } from '../../lib/store/inspect-store.js';
import { bodyText, SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const open = () => new InspectStore(new ScriptRunner(lab.client, lab.keys));
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

describe('InspectStore', () => {
  it('counts jobs by state', async () => {
    await lab.given({ paused: true, jobs: [{ id: '1' }, { id: '2' }, { id: '3', state: 'failed' }] });

    expect(await open().countJobs()).toEqual({
      ...{ waiting: 2, prioritized: 0, delayed: 0, active: 0, completed: 0, failed: 1 },
      'waiting-children': 0,
      paused: true,
    });
    expect(await open().countPriorities([0, 1])).toEqual([2, 0]);
  });

  it('loads jobs in the order asked for', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2', fields: { progress: '5' } }] });

    expect(await open().loadJobs(['2', 'none', '1'])).toEqual([
      { record: { id: '2', body: bodyText({}), fields: { progress: '5' } }, state: 'waiting' },
      undefined,
      { record: { id: '1', body: bodyText({}), fields: {} }, state: 'waiting' },
    ]);
    expect(await open().loadJobs([])).toEqual([]);
  });

  it('loads more jobs than one call may', async () => {
    await lab.given({ jobs: numbers(450).map((id) => ({ id })) });

    const jobs = await open().loadJobs(numbers(450));

    expect(jobs.map((job) => job?.record.id)).toEqual(numbers(450));
  });

  it('lists more ids than one call may, from either end', async () => {
    await lab.given({ jobs: numbers(2000).map((id) => ({ id })) });
    const store = open();

    expect(await store.listJobs(['waiting'], { start: 0, stop: -1 })).toEqual(numbers(2000));
    expect(await store.listJobs(['waiting'], { start: 500, stop: 1700 })).toEqual(
      numbers(2000).slice(500, 1701),
    );
    expect(await store.listJobs(['waiting'], { start: -1500, stop: -1 })).toEqual(numbers(2000).slice(500));
    expect(await store.listJobs(['waiting'], { start: -1000, stop: -1 })).toEqual(numbers(2000).slice(1000));
    expect(await store.listJobs(['waiting'], { start: 0, stop: -1, descending: true })).toEqual(
      numbers(2000).toReversed(),
    );
    expect(await store.listJobs(['waiting'], { start: 0, stop: 999 })).toHaveLength(1000);
    expect(await store.listJobs(['failed'], { start: 0, stop: -1 })).toEqual([]);
  });

  it('reads logs and the rate limit', async () => {
    await lab.given({ jobs: [{ id: '1', logs: numbers(1200) }], limiter: { count: 2, until: SEED_TIME } });

    expect(await open().getLogs('1', { start: 0, stop: -1 })).toEqual({ logs: numbers(1200), count: 1200 });
    expect(await open().getRateLimit()).toEqual({ started: 0, leftMs: 0 });
  });
});
