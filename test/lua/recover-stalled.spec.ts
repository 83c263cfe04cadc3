import { encodeRenewLocks } from '../../lib/job/wire.generated.js';
import { describe, expect, it } from '@jest/globals';
import { recoverStalled, renewLocks } from '../../lib/redis/scripts.generated.js';
import { runAdd } from '../support/add-call.js';
import { bodyText, SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 60_000;
const SILENCE = 15_000;
const GRACE = 30_000;

const recover = (maxStalls = 1, maxBytes = 1e9) =>
  lab.run(recoverStalled, [NOW, 'v', 30_000, maxStalls, maxBytes, SILENCE, GRACE, 1]);
const stalled = (id: string, fields: Record<string, string | number> = {}) => ({
  ...{ id, state: 'active' as const, lockUntil: NOW, fields },
});

describe('recover-stalled', () => {
  it('puts jobs with an expired lock in front, and leaves the others', async () => {
    await lab.given({ jobs: [{ id: '1' }, stalled('2'), { id: '3', state: 'active', lockUntil: NOW + 1 }] });

    const { reply, before, after } = await recover();

    expect(reply).toEqual([['2'], 0, []]);
    expect(after).toEqual({
      ...before,
      waiting: ['2', '1'],
      active: [['3', NOW + 1]],
      'job:2': {
        ...{ state: 'waiting', token: 'w:1', attemptsStarted: '1', stalls: '1' },
        processedOn: String(SEED_TIME),
      },
      wake: [['1', 0]],
      events: [
        ['waiting', '2', 'active'],
        ['stalled', '2'],
      ],
    });
  });

  it('puts a job with a priority in front of its class', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'prioritized', priority: 2 },
        { ...stalled('2'), priority: 2 },
      ],
    });

    expect((await recover()).after).toMatchObject({
      prioritized: [
        ['2', 2 * 2 ** 32 + 2 ** 31 - 1 - 3],
        ['1', 2 * 2 ** 32 + 2 ** 31 + 1],
      ],
      'job:2': { state: 'prioritized', stalls: '1' },
    });
  });

  it('grants a job that stalled too often to the caller, to fail it', async () => {
    await lab.given({ jobs: [stalled('1', { token: 'w:2', attemptsStarted: 2, stalls: 1 })] });

    const { reply, before, after } = await recover();

    const fields = expect.arrayContaining(['token', 'w:2', 'attemptsStarted', '2', 'stalls']);
    expect(reply).toEqual([[], 0, [], '1', bodyText({}), 'v:3', fields]);
    expect(after).toEqual({
      ...before,
      active: [['1', NOW + 30_000]],
      events: [['stalled', '1']],
      'job:1': { state: 'active', token: 'v:3', attemptsStarted: '3', stalls: '2', processedOn: String(NOW) },
    });
  });

  it('does so at the first stall where none is allowed', async () => {
    await lab.given({ jobs: [stalled('1')] });

    const { reply } = await recover(0);

    expect(reply).toEqual([[], 0, [], '1', bodyText({}), 'v:2', expect.any(Array)]);
  });

  it('drops an id without a body', async () => {
    await lab.given({ jobs: [stalled('1')] });
    await lab.client.unlink(`${lab.keys.base}body:1`, `${lab.keys.base}job:1`);

    const { reply, before, after } = await recover();

    expect(reply).toEqual([[], 0, []]);
    expect(after).toEqual({ ...before, active: undefined });
  });

  it('changes nothing where no lock has expired', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'active', lockUntil: NOW + 1 }, { id: '2' }] });

    const { reply, before, after } = await recover();

    expect(reply).toEqual([[], 0, []]);
    expect(after).toEqual(before);
  });

  it('takes back 500 jobs a call at most', async () => {
    await lab.given({ jobs: Array.from({ length: 501 }, (_, i) => stalled(`${i}`)) });

    const { reply, after } = await recover();

    expect((reply as string[][])[0]).toHaveLength(500);
    expect(after.active).toHaveLength(1);
  });

  it('cuts an event stream that has grown too large', async () => {
    for (let seq = 1; seq <= 50; seq += 1) {
      await runAdd(lab, [{ name: 'x'.repeat(1000) }], { seq: `${seq}` });
    }

    const { before, after } = await recover(1, 20_000);

    const kept = (after.events as unknown[]).length;
    expect(kept).toBeGreaterThan(5);
    expect(kept).toBeLessThan(30);
    expect(after).toEqual({ ...before, events: (before.events as unknown[]).slice(-kept) });
  });
});

describe('recover-stalled after a silence', () => {
  const run = (now: number, look = 1) =>
    lab.run(recoverStalled, [now, 'v', 30_000, 1, 1e9, SILENCE, GRACE, look]);
  const job = (id: string, lockUntil: number) => ({ id, state: 'active' as const, lockUntil });
  const heard = (at: number) => lab.client.hset(lab.keys.of('meta'), 'heard', at);

  it('leaves what expired in it alone, until the grace is over', async () => {
    await lab.given({ jobs: [job('dead', NOW - 40_000), job('frozen', NOW - 5000)] });
    await heard(NOW - 20_000);

    // It had expired while others were heard.
    expect((await run(NOW)).reply).toEqual([['dead'], GRACE, []]);
    expect((await run(NOW + 10_000)).reply).toEqual([[], GRACE - 10_000, []]);
    expect((await run(NOW + 20_000)).reply).toEqual([[], GRACE - 20_000, []]);
    expect((await run(NOW + GRACE)).reply).toEqual([['frozen'], 0, []]);
    expect(await lab.client.hgetall(lab.keys.of('meta'))).toMatchObject({ heard: String(NOW + GRACE) });
    expect(await lab.client.hmget(lab.keys.of('meta'), 'silentFrom', 'graceUntil')).toEqual([null, null]);
  });

  it('leaves it alone as well where a renewal was the first to be heard', async () => {
    await lab.given({ jobs: [job('1', NOW - 5000), job('2', NOW - 5000)] });
    await heard(NOW - 20_000);

    await lab.run(renewLocks, [NOW, 30_000, SILENCE, GRACE], encodeRenewLocks([['1', 'w:1']]));
    expect((await run(NOW + 1)).reply).toEqual([[], GRACE - 1, []]);
    expect(
      (await lab.run(renewLocks, [NOW + 2, 30_000, SILENCE, GRACE], encodeRenewLocks([['2', 'w:1']]))).reply,
    ).toEqual([[], []]);
    for (let at = NOW; at <= NOW + GRACE; at += 5000) await run(at, 0);
    expect((await run(NOW + GRACE + 1)).reply).toEqual([['1'], 0, []]);
  });

  it('is no silence while somebody is heard, if only to say so', async () => {
    await lab.given({ jobs: [job('1', NOW - 5000)] });
    await heard(NOW - 30_000);

    await run(NOW - 16_000, 0);
    await run(NOW - 1000, 0);
    expect((await run(NOW)).reply).toEqual([['1'], 0, []]);
  });

  it('does not keep a dead job for longer where looks are rare', async () => {
    await lab.given({ jobs: [job('1', NOW - 5000)] });
    await heard(NOW - 60_000);

    expect((await run(NOW)).reply).toEqual([[], GRACE, []]);
    expect((await run(NOW + 60_000)).reply).toEqual([['1'], GRACE, []]);
  });

  it('gives no more than the grace when the clock is set back', async () => {
    await lab.given({ jobs: [job('1', NOW - 3_700_000)] });
    await lab.client.hset(lab.keys.of('meta'), {
      ...{ heard: NOW, silentFrom: NOW - 4_000_000, graceUntil: NOW + GRACE },
    });

    expect((await run(NOW - 3_600_000)).reply).toEqual([['1'], 0, []]);
  });

  it('writes nothing for a queue that is not there', async () => {
    expect((await run(NOW, 0)).after).toEqual({});
    expect(await lab.client.exists(lab.keys.of('meta'))).toBe(0);
  });
});
