import type { JobWrite } from '../../lib/job/job-write.js';
import { describe, expect, it } from '@jest/globals';
import {
  cleanJobs,
  drainQueue,
  obliterateQueue,
  removeJob,
  retryJob,
  retryJobs,
} from '../../lib/redis/scripts.generated.js';
import { COMMIT_TIME, runCommit } from '../support/commit-call.js';
import { OTHER, runReadOutbox, sentIn } from '../support/flow-call.js';
import { SEED_TIME, ScriptLab, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 60_000;

const link = (policy: string): string => `${policy}${OTHER}\tp`;
const child = (state: SeedJob['state'], policy = '-', more: SeedJob = { id: '1' }): SeedJob => ({
  state: state!,
  lockUntil: NOW - 1,
  ...more,
  fields: { state: state!, parent: link(policy), ...more.fields },
});
const told = (policy: string, outcome: string, payload: string, id = '1'): string[] => [
  OTHER,
  'settle',
  'p',
  id,
  policy,
  outcome,
  payload,
];
const sent = async (): Promise<string[][]> => sentIn(await lab.dump());

describe('a child that ends in a run', () => {
  const end = async (policy: string, write: JobWrite, want = 0) => {
    await lab.given({ jobs: [child('active', policy)] });
    return runCommit(lab, [write], { want });
  };

  it.each(['-', 'f', 'c', 'i', 'r'])('tells its parent of its result: policy %s', async (policy) => {
    const { words, undeliveredMs, after } = await end(policy, ['complete', '1', 'w:1', '{"a":[]}', '']);

    expect(words).toEqual(['ok']);
    expect(undeliveredMs).toBe(0);
    expect(sentIn(after)).toEqual([told(policy, 'c', '{"a":[]}')]);
    expect(after['job:1']).toMatchObject({ state: 'completed', parent: link(policy) });
    const number = String(COMMIT_TIME * 1000 + 1);
    expect(after.meta).toMatchObject({ sent: number, outbox: '1' });
  });

  it.each(['-', 'f', 'c', 'i', 'r'])('tells its parent of its failure: policy %s', async (policy) => {
    const { after } = await end(policy, ['fail', '1', 'w:1', '"no"', '[]', '', '1']);

    expect(sentIn(after)).toEqual([told(policy, 'f', '"no"')]);
  });

  it.each([
    ['-', 'r', ''],
    ['f', 'f', '"no"'],
    ['i', 'f', '"no"'],
  ])('and is removed at once after it failed: policy %s', async (policy, outcome, payload) => {
    const { after } = await end(policy, ['fail', '1', 'w:1', '"no"', '[]', '0,,', '1']);

    expect(sentIn(after)).toEqual([told(policy, outcome, payload)]);
    expect(after['job:1']).toBeUndefined();
  });

  it('and is removed at once after it completed', async () => {
    const { after } = await end('-', ['complete', '1', 'w:1', '7', '0,,']);

    expect(sentIn(after)).toEqual([told('-', 'c', '7')]);
  });

  it.each<[string, JobWrite]>([
    ['retry', ['retry', '1', 'w:1', '"no"', '[]', '0', '']],
    ['postpone', ['postpone', '1', 'w:1', '50']],
    ['data', ['data', '1', 'w:1', '{}']],
  ])('says nothing before: %s', async (_case, write) => {
    const { undeliveredMs, after } = await end('f', write);

    expect(undeliveredMs).toBe(-1);
    expect(sentIn(after)).toEqual([]);
  });

  it('tells of several by one message for each parent, which the reply brings along once', async () => {
    const of = (id: string, parent: string): SeedJob => ({
      ...{ id, state: 'active', fields: { parent: `-${OTHER}\t${parent}` } },
    });
    await lab.given({ jobs: [of('1', 'p'), of('2', 'p'), of('3', 'q')] });
    const writes = ['1', '2', '3'].map((id) => ['complete', id, 'w:1', id, ''] as const);

    const { posted, after } = await runCommit(lab, writes);

    const [number, era] = [String(COMMIT_TIME * 1000 + 1), (after.meta as { era: string }).era];
    const text = ['ends\x1fp\x1f-\x1f1\x1fc1\x1f2\x1fc2', 'settle\x1fq\x1f3\x1f-\x1fc\x1f3'].join('\x1d');
    expect(after[`posted:${OTHER}`]).toEqual([[number, era, '11', text].join('\x1f')]);
    expect(posted).toEqual([OTHER, '0', '', number, era, '11', text]);
    expect((await runCommit(lab, writes)).posted).toEqual([]);
  });

  it('tells once, also when the call is repeated', async () => {
    const write = ['complete', '1', 'w:1', '7', ''] as const;
    const first = await end('-', write);
    const again = await runCommit(lab, [write]);

    expect(again.after).toEqual(first.after);
  });

  it('says with each call that messages are there, and at once with the one that wrote them', async () => {
    await end('-', ['complete', '1', 'w:1', '7', '']);
    expect((await runCommit(lab, [], { seq: '2' })).undeliveredMs).toBe(1000);
  });

  it.each<[string, JobWrite[], number]>([
    ['starts no job', [], 0],
    ['starts one', [], 1],
    ['ends one and starts one', [['complete', '2', 'w:1', '7', '']], 1],
    ['ends two and starts two', ['2', '3'].map((id) => ['complete', id, 'w:1', '7', '']), 2],
  ])(
    'says that something is kept for a while, as who delivered it may be gone: a call that %s',
    async (_case, writes, want) => {
      const plain = (id: string, state: 'active' | 'waiting'): SeedJob => ({ id, state });
      await lab.given({
        jobs: [
          ...[child('active'), plain('2', 'active'), plain('3', 'active')],
          ...[plain('4', 'waiting'), plain('5', 'waiting'), plain('6', 'waiting')],
        ],
      });
      await runCommit(lab, [['complete', '1', 'w:1', '7', '']]);
      await runReadOutbox(lab, {
        now: COMMIT_TIME,
        lines: { [OTHER]: { received: COMMIT_TIME * 1000 + 1 } },
      });

      const { undeliveredMs, jobs } = await runCommit(lab, writes, { seq: '2', want });

      expect([undeliveredMs, jobs.length]).toEqual([1000, want]);
    },
  );

  it.each([
    ['count', '1,,'],
    ['age', ',10,'],
  ])('tells its parent when retention removes it unsettled: by %s', async (_case, keep) => {
    await lab.given({
      jobs: [
        ...['-', 'f', 'i'].map((policy, i) => child('failed', policy, { id: `old${i}` })),
        { id: '1', state: 'active' },
      ],
    });

    const { after } = await runCommit(lab, [['fail', '1', 'w:1', '"no"', '[]', keep, '1']]);

    expect(sentIn(after)).toEqual([told('-', 'r', '', 'old0')]);
    expect(after.failed).toEqual([['1', 5]]);
  });

  it('says nothing of completed children that retention removes', async () => {
    await lab.given({ jobs: [child('completed', '-', { id: 'old' }), { id: '1', state: 'active' }] });

    const { after } = await runCommit(lab, [['complete', '1', 'w:1', '1', '1,,']]);

    expect(after['job:old']).toBeUndefined();
    expect(sentIn(after)).toEqual([]);
  });
});

describe('a parent that ends', () => {
  const CHILDREN = { [`${OTHER}\tx`]: 'p', [`${OTHER}\ty`]: 'f"no"' };
  const parent = (fields: SeedJob['fields'], children: Record<string, string>): SeedJob => ({
    id: '1',
    state: 'active',
    children,
    fields: fields!,
  });
  const X = `${OTHER}\tx`;

  it.each([
    ['a child is pending', 'pending-children', { pending: 1 }, { [X]: 'p' }],
    ['a child has failed', 'child-failed', { pending: 0, failedChildren: 1 }, { [X]: 'f"no"' }],
    ['it is to fail', 'child-failed', { pending: 0, deferred: '"so"' }, { [X]: 'c1' }],
    ['both', 'child-failed', { pending: 1, failedChildren: 1 }, CHILDREN],
  ])('cannot complete while %s', async (_case, word, fields, children) => {
    await lab.given({ jobs: [parent(fields, children)] });

    const { words, before, after } = await runCommit(lab, [['complete', '1', 'w:1', '1', '']]);

    expect(words).toEqual([word]);
    expect(after).toEqual({ ...before, 'writer:a': expect.anything() });
  });

  it('completes when no child is pending, and keeps what they brought', async () => {
    await lab.given({ jobs: [parent({ pending: 0 }, { [X]: 'c1' })] });

    const { words, after } = await runCommit(lab, [['complete', '1', 'w:1', '1', '']]);

    expect(words).toEqual(['ok']);
    expect(after['children:1']).toEqual({ [X]: 'c1' });
  });

  it('may fail at any time, and is no longer to fail then', async () => {
    await lab.given({ jobs: [parent({ pending: 1, failedChildren: 1, deferred: '"so"' }, CHILDREN)] });

    const { words, after } = await runCommit(lab, [['fail', '1', 'w:1', '"no"', '[]', '', '1']]);

    expect(words).toEqual(['ok']);
    expect(after['job:1']).toMatchObject({ state: 'failed', pending: '1', failedChildren: '1' });
    expect(after['job:1']).not.toHaveProperty('deferred');
  });

  it('takes along what its children brought when it is removed', async () => {
    await lab.given({ jobs: [parent({ pending: 0 }, { [X]: 'c1' })] });

    const { after } = await runCommit(lab, [['complete', '1', 'w:1', '1', '0,,']]);

    expect(after['children:1']).toBeUndefined();
  });
});

describe('a child that is taken away', () => {
  it.each([
    ['waiting', '-', [told('-', 'r', '')]],
    ['active', 'f', [told('f', 'r', '')]],
    ['delayed', 'i', [told('i', 'r', '')]],
    ['failed', '-', [told('-', 'r', '')]],
    ['failed', 'f', []],
    ['failed', 'c', []],
    ['completed', '-', []],
  ] as const)('by hand, %s with policy %s', async (state, policy, messages) => {
    await lab.given({ jobs: [child(state, policy)] });

    const { reply } = await lab.run(removeJob, [NOW, 'a', '1', '1']);

    expect(reply).toBe(messages.length > 0 ? 'posted' : 'ok');
    expect(await sent()).toEqual(messages);
  });

  it.each(['waiting', 'failed'] as const)('by cleaning, %s', async (state) => {
    await lab.given({ jobs: [child(state), child(state, '-', { id: '2' }), { id: '3', state }] });

    await lab.run(cleanJobs, [NOW, 'a', '1', state, 0, 0, 0]);

    expect(await sent()).toEqual([told('-', 'r', ''), told('-', 'r', '', '2')]);
  });

  it('by draining, but not of a parent that waits for children', async () => {
    await lab.given({
      jobs: [
        child('waiting'),
        child('waiting-children', 'f', { id: '2', fields: { pending: 1 } }),
        child('delayed', '-', { id: '3' }),
      ],
    });

    const { reply, before, after } = await lab.run(drainQueue, [0, 0, 0, 0, 0, '-inf', '-inf', '1,0,0']);

    expect((reply as number[])[0]).toBe(1);
    expect(await sent()).toEqual([told('-', 'r', '')]);
    expect(after['waiting-children']).toEqual(before['waiting-children']);
  });

  it('by obliterating its queue, which stays until its parents were told', async () => {
    await lab.given({ paused: true, jobs: [child('waiting'), child('completed', '-', { id: '2' })] });
    await lab.client.hset(lab.keys.of('inbox'), OTHER, '3');

    expect((await lab.run(obliterateQueue, [0, 100, 0])).reply).toBe(`undelivered\n${OTHER}`);
    expect(await sent()).toEqual([told('-', 'r', '')]);
    expect((await lab.run(obliterateQueue, [0, 100, 0])).reply).toBe(`undelivered\n${OTHER}`);
    const [text] = (await lab.dump())[`posted:${OTHER}`] as string[];
    await runReadOutbox(lab, { lines: { [OTHER]: { received: Number(text!.split('\x1f')[0]) } } });
    const { reply, after } = await lab.run(obliterateQueue, [0, 100, 0]);

    expect(reply).toBe('done');
    expect(after).toEqual({ inbox: { [OTHER]: '3' }, events: [['removed', '1', 'waiting']] });
    expect(await lab.ttlMs('inbox')).toBeGreaterThan(3_000_000);
  });
});

describe('a child that runs again', () => {
  const relinked = (id: string): string[] => [OTHER, 'relink', 'p', id];

  it.each(['failed', 'completed'] as const)('tells its parent when it is retried: %s', async (state) => {
    await lab.given({ jobs: [child(state, 'f')] });

    const { reply } = await lab.run(retryJob, [NOW, 'a', '1', '1', state, 0, 0, 0]);

    expect(reply).toBe('posted');
    expect(await sent()).toEqual([relinked('1')]);
  });

  it('also with many others', async () => {
    await lab.given({
      jobs: [child('failed', 'f'), { id: '2', state: 'failed' }, child('failed', '-', { id: '3' })],
    });

    expect((await lab.run(retryJobs, [NOW, 'failed', 100, 0])).reply).toEqual([3, NOW]);

    expect(await sent()).toEqual([relinked('1'), relinked('3')]);
  });
});
