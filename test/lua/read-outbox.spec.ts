import { describe, expect, it } from '@jest/globals';
import { stageFlow } from '../../lib/redis/scripts.generated.js';
import {
  BODY,
  FLOW_TIME,
  message,
  OTHER,
  type PageOptions,
  runAddFlow,
  runReadOutbox,
} from '../support/flow-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const FIRST = FLOW_TIME * 1000 + 1;

const child = (id: string, flag = ''): string => message(flag, 5, OTHER, 'add', id, '', 'link', 0, BODY);
const attach = async (ids: readonly string[], seq = '1'): Promise<void> => {
  await runAddFlow(
    lab,
    [
      {
        kind: 'attach',
        id: '1',
        refs: ids.map((id) => `${OTHER}\t${id}`),
        messages: ids.map((id, i) => [i + 1, child(id)]),
      },
    ],
    seq,
  );
};
const page = async (options: PageOptions = {}): Promise<unknown> => (await runReadOutbox(lab, options)).reply;
const given = (id: string, number: number): string[] => [
  String(number),
  '',
  `${OTHER}\x1fadd\x1f${id}\x1f\x1flink\x1f0\x1f${BODY}`,
];

describe('read-outbox', () => {
  it('says that there is nothing', async () => {
    const { reply, after } = await runReadOutbox(lab);

    expect(reply).toEqual(['empty', '0']);
    expect(after).toEqual({});
  });

  it('gives messages to one process at a time, until its time is over', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    await attach(['x', 'y']);

    const { reply, before, after } = await runReadOutbox(lab);
    expect(reply).toEqual(['ok', String(FIRST - 1), ...given('x', FIRST), ...given('y', FIRST + 1)]);
    expect(after).toEqual({
      ...before,
      meta: { ...(before.meta as object), outbox: `${FLOW_TIME + 1000}:p` },
    });
    expect(await page({ holder: 'q', now: FLOW_TIME + 400 })).toEqual(['busy', String(FIRST - 1), 600]);
    expect(await page({ now: FLOW_TIME + 400 })).toEqual(reply);
    expect(await page({ holder: 'q', now: FLOW_TIME + 1400 })).toEqual(reply);
  });

  it('takes out what was delivered, and nothing twice', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    await attach(['x', 'y', 'z']);
    await page();

    expect(await page({ done: FIRST + 1 })).toEqual(['ok', String(FIRST + 1), ...given('z', FIRST + 2)]);
    expect(await page({ done: FIRST })).toEqual(['ok', String(FIRST + 1), ...given('z', FIRST + 2)]);
    const { reply, after } = await runReadOutbox(lab, { done: FIRST + 2 });
    expect(reply).toEqual(['empty', String(FIRST + 2)]);
    expect(after.outbox).toBeUndefined();
    expect(after.meta).not.toHaveProperty('outbox');
  });

  it('takes out what was delivered also for a process whose time is over', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    await attach(['x', 'y']);
    await page();
    await page({ holder: 'q', now: FLOW_TIME + 1400 });

    expect(await page({ done: FIRST, now: FLOW_TIME + 1400 })).toEqual(['busy', String(FIRST), 1000]);
  });

  it('ends a page where it would take too much, but gives at least one message', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    await attach(['x', 'y', 'z']);

    expect(await page({ weight: 12 })).toHaveLength(2 + 2 * 3);
    expect(await page({ weight: 1 })).toHaveLength(2 + 3);
    expect(await page({ bytes: 10 })).toHaveLength(2 + 3);
  });

  it('reads far into a long outbox', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    await attach(Array.from({ length: 250 }, (_, i) => `c${i}`));

    expect(await page({ weight: 5 * 170, bytes: 1e6 })).toHaveLength(2 + 170 * 3);
    expect(await page({ done: FIRST + 169, weight: 5000, bytes: 1e6 })).toHaveLength(2 + 80 * 3);
  });
});

describe('read-outbox of a staged flow', () => {
  const stage = async (id: string, count: number): Promise<void> => {
    const ids = Array.from({ length: count }, (_, i) => child(`${id}${i}`));
    await lab.run(stageFlow, [FLOW_TIME, id, 0, 60_000], ids);
    await runAddFlow(
      lab,
      [{ kind: 'attach', id: '1', pending: 0, staged: id, total: count }],
      id === 's' ? '2' : '3',
    );
  };

  it('gives its messages in place of the one that stands for them', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    await attach(['x']);
    await stage('s', 3);
    await attach(['y'], '5');

    expect(await page()).toEqual(['ok', String(FIRST - 1), ...given('x', FIRST)]);
    expect(await page({ done: FIRST, weight: 11 })).toEqual([
      'ok',
      String(FIRST),
      ...given('s0', FIRST + 1),
      ...given('s1', FIRST + 2),
    ]);
    expect(await page({ done: FIRST + 2, holder: 'q' })).toEqual(['busy', String(FIRST + 2), 1000]);
    expect(await page({ done: FIRST + 2 })).toEqual(['ok', String(FIRST + 2), ...given('s2', FIRST + 3)]);
    expect(await page({ done: FIRST + 1 })).toEqual(['ok', String(FIRST + 2), ...given('s2', FIRST + 3)]);
    expect(await page({ done: FIRST + 3 })).toEqual(['ok', String(FIRST + 3), ...given('y', FIRST + 4)]);
    const { after } = await runReadOutbox(lab, { done: FIRST + 4 });
    expect(Object.keys(after).filter((key) => /staged|outbox/.test(key))).toEqual([]);
  });

  it('takes back what was staged and never gone on with', async () => {
    await lab.run(stageFlow, [FLOW_TIME, 's', 0, 60_000], [child('x')]);
    await runReadOutbox(lab, { now: FLOW_TIME + 59_999 });
    expect(await lab.dump()).toHaveProperty('staging');

    const { after } = await runReadOutbox(lab, { now: FLOW_TIME + 60_000 });

    expect(after).toEqual({});
  });

  it('goes on where somebody deleted what was staged', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    await stage('s', 3);
    await lab.client.del(lab.keys.derived('staged', 's'));

    expect(await page()).toEqual(['empty', String(FIRST + 2)]);
  });
});
