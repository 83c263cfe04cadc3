import { describe, expect, it } from '@jest/globals';
import { removeJob, retryJobs } from '../../lib/redis/scripts.generated.js';
import { runCommit } from '../support/commit-call.js';
import { addDedup, type DedupJob } from '../support/dedup-call.js';
import { bringOwner } from '../support/dedup-owner.js';
import { ScriptLab, SEED_TIME } from '../support/script-lab.js';
import { asHash } from '../support/job-fields.js';

const lab = ScriptLab.open();

const KEEP = { keepLastIfActive: true };
const TTL = { ttl: 600_000 };

/** What is broken, in a queue with a job of this rule, and what the audit says to it. */
const faults: [string, DedupJob, (string | number)[], string[]][] = [
  [
    'a key that is gone',
    {},
    ['del', 'dedup:d'],
    ['job 1 is unfinished and not the owner of its deduplication d'],
  ],
  [
    'a key held for a job that is not there',
    {},
    ['hset', 'dedup:d', 'owner', 7],
    [
      'deduplication d is held for 7, which is no unfinished job of it',
      'job 1 is unfinished and not the owner of its deduplication d',
    ],
  ],
  [
    'a key held for a job of another',
    {},
    ['hset', 'job:1', 'dedup', 'e'],
    [
      'deduplication d is held for 1, which is no unfinished job of it',
      'job 1 is unfinished and not the owner of its deduplication e',
    ],
  ],
  ['a key without an owner', TTL, ['hdel', 'dedup:d', 'owner'], ['deduplication d has no owner']],
  ['a deadline that nothing sweeps up', TTL, ['persist', 'dedup:d'], ['deduplication d never expires']],
  [
    'a key that goes before its owner',
    {},
    ['pexpire', 'dedup:d', 60_000],
    ['deduplication d expires before its owner'],
  ],
  [
    'part of a next job',
    KEEP,
    ['hset', 'dedup:d', 'nextId', 2],
    ['deduplication d keeps only nextId of a next job'],
  ],
  [
    'a next job that a deadline would take along',
    TTL,
    ['hset', 'dedup:d', 'nextId', 2, 'nextSpec', '', 'nextBody', ''],
    ['deduplication d keeps a next job and has a deadline'],
  ],
  [
    'a field nobody knows',
    {},
    ['hset', 'dedup:d', 'color', 1],
    ['deduplication d has an unknown field color'],
  ],
  ['a key of another type', {}, ['set', 'dedup:e', '1'], ['key dedup:e is a string']],
];

describe('auditQueue, of deduplications,', () => {
  it('finds nothing wrong with a sound queue', async () => {
    await bringOwner(lab, 'active', KEEP);
    await addDedup(lab, [KEEP, { dedup: 'e', ...TTL }, { dedup: 'f', ...KEEP }], { now: SEED_TIME + 10 });
    expect(await lab.audit()).toEqual([]);
  });

  it('finds nothing wrong with two jobs whose ttl may have passed between them', async () => {
    await addDedup(lab, [TTL], { now: SEED_TIME });
    await addDedup(lab, [TTL], { now: SEED_TIME + TTL.ttl, seq: '2' });
    expect(await lab.audit()).toEqual([]);
  });

  it('finds a second unfinished job, whose key was ended by hand', async () => {
    await addDedup(lab, [{}], { now: SEED_TIME });
    await lab.client.del(lab.keys.derived('dedup', 'd'));
    await addDedup(lab, [{}], { now: SEED_TIME, seq: '2' });

    const found = 'job 1 is unfinished and not the owner of its deduplication d';
    lab.willFind(found);
    expect(await lab.audit()).toEqual([found]);
  });

  it('finds nothing wrong with a job that failed and was retried: it has given its id up', async () => {
    await bringOwner(lab, 'failed', {});
    await lab.run(retryJobs, [SEED_TIME + 3, 'failed', 10, 0]);
    expect(await lab.audit()).toEqual([]);

    await addDedup(lab, [{}], { now: SEED_TIME + 4, seq: '2' });
    expect(await lab.audit()).toEqual([]);
  });

  it('finds a forgotten one again when the id of a retried job is given anew', async () => {
    const failure = ['fail', 'mine', 'w:1', '"no"', '[]', '', '1'] as const;
    await addDedup(lab, [{ id: 'mine' }], { now: SEED_TIME });
    await runCommit(lab, [], { now: SEED_TIME + 1, seq: '3', want: 1 });
    await runCommit(lab, [failure], { now: SEED_TIME + 2, seq: '4' });
    await lab.run(retryJobs, [SEED_TIME + 3, 'failed', 10, 0]);
    await lab.run(removeJob, [SEED_TIME + 4, 'setup', '9', 'mine']);
    await addDedup(lab, [{ id: 'mine' }], { now: SEED_TIME + 5, seq: '5' });
    await lab.client.del(lab.keys.derived('dedup', 'd'));

    const found = 'job mine is unfinished and not the owner of its deduplication d';
    lab.willFind(found);
    expect(await lab.audit()).toEqual([found]);
  });

  it.each(faults)('finds %s', async (_, job, [command, key, ...args], expected) => {
    await addDedup(lab, [job], { now: SEED_TIME });
    if (String(command).startsWith('h')) await asHash(lab.client, lab.keys.base + key);
    await lab.client.call(String(command), lab.keys.base + key, ...args);

    lab.willFind(...expected);
    expect(await lab.audit()).toEqual(expected);
  });
});
