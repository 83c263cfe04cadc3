import { describe, expect, it } from '@jest/globals';
import { Job } from '../../lib/job/job.js';
import type { LoneWrite } from '../../lib/job/job-store.js';
import type { JobWrite } from '../../lib/job/job-write.js';
import { StepStore } from '../../lib/testing/step-store.js';

/** Keeps what is written, in the order in which Redis gets it. Calls are held up: what nobody waits for stays at hand. */
class HeldUp extends StepStore {
  readonly written: string[] = [];

  override write(write: JobWrite): Promise<string> {
    this.written.push(write[0]);
    return Promise.resolve('ok');
  }

  override keepAlone(write: JobWrite): LoneWrite {
    const place = this.written.push(write[0]) - 1;
    return (other) => {
      this.written[place] = other[0];
      return Promise.resolve('ok');
    };
  }
}

const begin = (job: Job): void => job.writeAlone(['begin-step', '1', 'w:1', 'a', '1,1,r,1', '', '']);
const pass = (job: Job): Promise<string> => job.write(['pass-step', '1', 'w:1', 'a', '1', 'b'], true);

describe('what a job writes for nobody', () => {
  const held = (): { store: HeldUp; job: Job } => {
    const store = new HeldUp('q', 'p', {});
    return { store, job: Job.make(store, '1', 'a', {}, {}, 0) };
  };

  it('gives way to what says it too', async () => {
    const { store, job } = held();
    begin(job);
    await pass(job);
    expect(store.written).toEqual(['pass-step']);
  });

  it('gives way once', async () => {
    const { store, job } = held();
    begin(job);
    await pass(job);
    await pass(job);
    expect(store.written).toEqual(['pass-step', 'pass-step']);
  });

  it.each<[string, string, (job: Job) => Promise<unknown>]>([
    ['an emission', 'emit', (job) => job.keepEmission(1, '1', 'a')],
    ['progress', 'progress', (job) => job.updateProgress(1)],
    ['data', 'data', (job) => job.updateData({})],
    ['a line of its log', 'log', (job) => job.log('x')],
    ['a log that it clears', 'clear-logs', (job) => job.clearLogs()],
  ])('stays where it is ahead of %s, which is not overtaken', async (_what, kind, act) => {
    const { store, job } = held();
    begin(job);
    const acted = act(job).catch(() => {});
    await pass(job);
    await acted;
    expect(store.written).toEqual(['begin-step', kind, 'pass-step']);
  });
});
