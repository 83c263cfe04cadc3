import { describe, expect, it } from '@jest/globals';
import { auditQueue } from '../support/audit-queue.js';
import { SEED_TIME, ScriptLab, type Seed } from '../support/script-lab.js';
import { asHash } from '../support/job-fields.js';

const lab = ScriptLab.open();

/** What is broken, by a command on one key of a queue that holds the seed; and what the audit says to it. */
const faults: [string, Seed, (string | number)[], string[]][] = [
  [
    'a second place',
    { jobs: [{ id: '1' }] },
    ['zadd', 'delayed', 5, '1'],
    ['job 1 is in waiting and delayed at once'],
  ],
  [
    'one place twice',
    { jobs: [{ id: '1' }] },
    ['rpush', 'waiting', '1'],
    ['job 1 is in waiting and waiting at once'],
  ],
  ['no place', { jobs: [{ id: '1' }] }, ['del', 'waiting'], ['job 1 is in no state']],
  ['no body', { jobs: [{ id: '1' }] }, ['del', 'body:1'], ['job 1 is in waiting but no body']],
  [
    'fields alone',
    {},
    ['hset', 'job:9', 'progress', 1],
    ['job 9 has fields but no body', 'number 9 will be given again'],
  ],
  [
    'logs alone',
    {},
    ['rpush', 'logs:x', 'a'],
    ['job x has logs but no body', 'meta does not say that jobs have further keys'],
  ],
  [
    'a broken body',
    { jobs: [{ id: '1' }] },
    ['set', 'body:1', '{}'],
    ['job 1 has a body without its four lines'],
  ],
  [
    'a field that says another state',
    { jobs: [{ id: '1', state: 'active' }] },
    ['hset', 'job:1', 'state', 'waiting'],
    ['job 1 is in active but its field says waiting'],
  ],
  [
    'an active job without fields',
    { jobs: [{ id: '1', state: 'active' }] },
    ['del', 'job:1'],
    [
      'job 1 is active since never',
      'job 1 is active under the token none',
      'job 1 is in active but its field says nothing',
    ],
  ],
  [
    'a token without a number',
    { jobs: [{ id: '1', state: 'active' }] },
    ['hset', 'job:1', 'token', 'w'],
    ['job 1 has attemptsStarted 1 after 0 grants', 'job 1 is active under the token w'],
  ],
  [
    'more attempts than grants',
    { jobs: [{ id: '1', state: 'active' }] },
    ['hset', 'job:1', 'attemptsMade', 2],
    ['job 1 has attemptsMade 2 after 1 grants'],
  ],
  [
    'a result of a job that was never started',
    { jobs: [{ id: '1', priority: 1, state: 'prioritized' }] },
    ['hset', 'job:1', 'result', '1'],
    ['job 1 is prioritized, result 1'],
  ],
  [
    'a running step that the cursor is not at',
    { jobs: [{ id: '1', state: 'active', fields: { step: 'b', 'step:a': `1,1,r,1,${SEED_TIME},` } }] },
    ['hset', 'job:1', 'step', 'b'],
    ['job 1 has a step a that is r, the cursor at b'],
  ],
  [
    'a completed step without a value',
    { jobs: [{ id: '1', state: 'active', fields: { step: 'a', 'value:a': 'v1' } }] },
    ['hset', 'job:1', 'step:a', `1,1,c,1,${SEED_TIME},${SEED_TIME}`, 'step', 'b', 'value:c', 'v1'],
    ['job 1 has value:c without its step'],
  ],
  [
    'a job that completed before its last step',
    { jobs: [{ id: '1', state: 'completed' }] },
    ['hset', 'job:1', 'step', 'a'],
    ['job 1 is completed with the cursor at a'],
  ],
  [
    'a step that waits for nothing',
    { jobs: [{ id: '1', state: 'active' }] },
    ['hset', 'job:1', 'step', 'a', 'step:a', `1,1,a,1,${SEED_TIME},`],
    ['job 1 has a step that waits for nothing'],
  ],
  [
    'a finished job without an end',
    { jobs: [{ id: '1', state: 'completed' }] },
    ['hdel', 'job:1', 'finishedOn'],
    ['job 1 is completed, finished on undefined'],
  ],
  [
    'a failed job without a reason',
    { jobs: [{ id: '1', state: 'failed' }] },
    ['hdel', 'job:1', 'failedReason'],
    ['job 1 failed without a reason'],
  ],
  [
    'an end before the start',
    { jobs: [{ id: '1', state: 'failed' }] },
    ['hset', 'job:1', 'finishedOn', 5],
    ['job 1 finished before it was started'],
  ],
  [
    'a score that is no time',
    { jobs: [{ id: '1', state: 'delayed' }] },
    ['zadd', 'delayed', '+inf', '1'],
    ['job 1 has the score Infinity in delayed'],
  ],
  [
    'a class that is not its own',
    { jobs: [{ id: '1', state: 'prioritized', priority: 1 }] },
    ['hset', 'job:1', 'priority', 2],
    ['job 1 has priority 2 but waits in class 1'],
  ],
  [
    'two jobs at one place',
    { jobs: ['1', '2'].map((id) => ({ id, state: 'failed' })) },
    ['zadd', 'failed', 1, '2'],
    ['failed has two jobs at one place'],
  ],
  [
    'a place never given',
    { jobs: [{ id: '1', state: 'completed' }] },
    ['zadd', 'completed', 7, '1'],
    ['completed has a place beyond the last one given'],
  ],
  ['a key nobody knows', {}, ['set', 'lock:1', 'x'], ['unknown key lock:1']],
  ['a key of another type', {}, ['set', 'waiting', 'x'], ['key waiting is a string']],
  ['a writer that stays', {}, ['set', 'writer:a', '1\nok'], ['key writer:a never expires']],
  ['a limiter that stays', {}, ['hset', 'limiter', 'count', 1], ['key limiter never expires']],
  ['a setting nobody knows', {}, ['hset', 'meta', 'colour', 1], ['unknown field colour in meta']],
  ['a second marker', {}, ['zadd', 'wake', 0, 'x'], ['wake has more than the marker']],
];

describe('auditQueue', () => {
  it('finds nothing wrong with a sound queue', async () => {
    await lab.given({
      paused: true,
      limiter: { count: 1, until: SEED_TIME },
      jobs: [
        { id: '1', fields: { progress: 1 }, logs: ['x'] },
        { id: '2', state: 'prioritized', priority: 3 },
        { id: '3', state: 'delayed' },
        { id: '4', state: 'active' },
        { id: '5', state: 'completed', priority: 2 },
        { id: 'six', state: 'failed' },
      ],
    });

    expect(await lab.audit()).toEqual([]);
  });

  it.each(faults)('finds %s', async (_, seed, [command, key, ...args], expected) => {
    await lab.given(seed);
    if (String(command).startsWith('h')) await asHash(lab.client, lab.keys.base + key);
    await lab.client.call(String(command), lab.keys.base + key, ...args);

    lab.willFind(...expected);
    expect(await lab.audit()).toEqual(expected);
  });

  it('finds times to come where it is told the time', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'active' }] });
    const { client, keys } = lab;

    const late = await auditQueue(client, keys.prefix, keys.queueName, { now: SEED_TIME - 1 });

    expect(late).toEqual([`job 1 has processedOn ${SEED_TIME} at ${SEED_TIME - 1}`]);
    expect(await auditQueue(client, keys.prefix, keys.queueName, { now: SEED_TIME, running: true })).toEqual(
      [],
    );
  });
});
