import { describe, expect, it } from '@jest/globals';
import { lifeId } from '../../lib/job/job-life.js';
import type { JobWrite } from '../../lib/job/job-write.js';
import {
  changeDelay,
  changePriority,
  promoteJob,
  removeJob,
  retryJob,
  signalJob,
  unlinkChild,
} from '../../lib/redis/scripts.generated.js';
import { runCommit } from '../support/commit-call.js';
import { ScriptLab, SEED_TIME as THEN, type SeedJob, type Trial } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = THEN + 1000;

const delayed: SeedJob = { id: '1', state: 'delayed', timestamp: THEN };
const calls: [string, SeedJob, (id: string, seq: string) => Promise<Trial>][] = [
  ['change-delay', delayed, (id, seq) => lab.run(changeDelay, [NOW, 'a', seq, id, 5000])],
  ['change-priority', delayed, (id, seq) => lab.run(changePriority, [NOW, 'a', seq, id, 3, 0])],
  ['promote-job', delayed, (id, seq) => lab.run(promoteJob, [NOW, 'a', seq, id])],
  ['remove-job', delayed, (id, seq) => lab.run(removeJob, [NOW, 'a', seq, id])],
  ['signal-job', delayed, (id, seq) => lab.run(signalJob, [NOW, 'a', seq, id, 'go', '', '1'])],
  ['unlink-child', delayed, (id, seq) => lab.run(unlinkChild, [NOW, 'a', seq, id])],
  [
    'retry-job',
    { id: '1', state: 'failed', timestamp: THEN },
    (id, seq) => lab.run(retryJob, [NOW, 'a', seq, id, 'failed', 0, 0, 0]),
  ],
];

const writes: [string, (id: string) => JobWrite][] = [
  ['data', (id) => ['data', id, '', '1']],
  ['progress', (id) => ['progress', id, '', '1']],
  ['log', (id) => ['log', id, '', 'x', '']],
  ['clear-logs', (id) => ['clear-logs', id, '', '0']],
];

describe('an id that names the life of the job that is meant', () => {
  it.each(calls)('is none where another job has it now: %s', async (_command, job, call) => {
    await lab.given({ jobs: [job] });
    const { reply, before, after } = await call(lifeId('1', THEN - 1), '1');
    expect(reply).toBe('missing');
    expect(after).toEqual({ ...before, 'writer:a': '1\nmissing' });
    expect((await call(lifeId('2', THEN), '2')).reply).toBe('missing');
    expect((await call(lifeId('1', THEN), '3')).reply).not.toBe('missing');
  });

  it.each(writes)('is none where another job has it now: %s', async (_operation, write) => {
    await lab.given({ jobs: [delayed] });
    const { words, before, after } = await runCommit(lab, [
      write(lifeId('1', THEN + 1)),
      write(lifeId('2', THEN)),
    ]);
    expect(words).toEqual(['missing', 'missing']);
    expect(after).toEqual({ ...before, 'writer:a': '1\nmissing\tmissing\n' });
    expect((await runCommit(lab, [write(lifeId('1', THEN))], { seq: '2' })).words).not.toEqual(['missing']);
  });
});
