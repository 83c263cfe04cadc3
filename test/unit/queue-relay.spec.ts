import { describe, expect, it } from '@jest/globals';
import type { Runtime } from '../../lib/runtime/runtime.js';
import type { Brought } from '../../lib/job/wire.generated.js';
import { QueueRelay } from '../../lib/store/queue-relay.js';
import type { RelayHost } from '../../lib/store/relay-host.js';

interface Call {
  script: string;
  args: readonly (string | number)[];
  rest: readonly string[];
  answer: (reply: unknown) => Promise<void>;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A relay of the queue `here`, whose calls a test answers, in a time that a test moves. */
class Desk {
  readonly calls: Call[] = [];
  private now = 0;
  private timers: { at: number; run: () => void }[] = [];
  private readonly runtime = {
    monotonicMs: () => this.now,
    now: () => this.now,
    scriptTime: () => 0,
    setTimer: (run: () => void, ms: number) => {
      const timer = { at: this.now + ms, run };
      this.timers.push(timer);
      return {
        cancel: () => (this.timers = this.timers.filter((other) => other !== timer)),
        refresh: () => {},
      };
    },
  } as unknown as Runtime;
  readonly relay = new QueueRelay(
    {
      runtime: this.runtime,
      holder: 'me',
      call: (run: () => Promise<unknown>) => run(),
      rested: () => {},
      runner: () => ({
        runtime: this.runtime,
        client: { status: 'ready' },
        run: (script: { name: string }, args: readonly (string | number)[], rest: readonly string[]) =>
          new Promise((resolve) => {
            const answer = async (reply: unknown): Promise<void> => {
              resolve(reply);
              await settled();
            };
            this.calls.push({ script: script.name, args, rest, answer });
          }),
      }),
      nudge: () => {},
      laidAside: () => {},
      failed: (error: unknown) => {
        throw error;
      },
    } as unknown as RelayHost,
    'here',
  );

  async pass(ms: number): Promise<void> {
    this.now += ms;
    for (const timer of this.timers.filter(({ at }) => at <= this.now)) {
      this.timers = this.timers.filter((other) => other !== timer);
      timer.run();
    }
    await settled();
  }
}

interface Line {
  target: string;
  number?: number;
  kept?: number;
  left?: number;
  given?: number[];
  newest?: number;
}
const page = (lines: Line[] = [], { lateInMs = -1, history = 'h', sent = 9 } = {}): unknown => [
  history,
  lateInMs,
  String(sent),
  '',
  0,
  ...lines.flatMap(({ target, number = 0, kept = 0, given = [], left = given.length, newest = 9 }) => [
    ...[target, String(number), number > 0 ? 'e' : '', kept, left, String(newest), given.length],
    ...given.flatMap((n) => [String(n), 'e', `settle\x1f${n}`]),
  ]),
];
const taken = (number: number): unknown => [-1, String(number), 'e', '0', ''];

describe('a relay', () => {
  it('looks again when it was nudged while it looked', async () => {
    const { relay, calls } = new Desk();
    relay.nudge(0);
    relay.nudge(0);
    expect(calls).toHaveLength(1);

    await calls[0]!.answer(page());
    expect(calls).toHaveLength(2);
    await calls[1]!.answer(page());
    expect(calls).toHaveLength(2);
  });

  it('comes back when another process is late with what it took on', async () => {
    const desk = new Desk();
    desk.relay.nudge(0);
    await desk.calls[0]!.answer(page([{ target: 'a', left: 1 }], { lateInMs: 300 }));

    await desk.pass(300);
    expect(desk.calls).toHaveLength(1);
    await desk.pass(1);
    expect(desk.calls).toHaveLength(2);
  });

  it('waits for nobody longer than a delivery may take', async () => {
    const desk = new Desk();
    desk.relay.nudge(3_600_000);

    await desk.pass(1000);
    expect(desk.calls).toHaveLength(1);
  });

  it('says what was received, also what was while it said the rest', async () => {
    const { relay, calls } = new Desk();
    relay.nudge(0);
    await calls[0]!.answer(
      page([
        { target: 'a', given: [1] },
        { target: 'b', given: [2] },
      ]),
    );
    const [toA, toB] = calls.slice(1) as [Call, Call];
    await toA.answer(taken(1));
    await toB.answer(taken(2));
    expect(calls[3]!.rest).toEqual(['a', '1', '0', '', '', 'b', '0', '0', '', 'busy']);

    await calls[3]!.answer(
      page([
        { target: 'a', number: 1, kept: 1 },
        { target: 'b', given: [], left: 1 },
      ]),
    );
    expect(calls[4]!.rest).toEqual(['a', '0', '0', '', '', 'b', '2', '0', '', '']);
  });

  it('goes on with a target while another does not answer', async () => {
    const { relay, calls } = new Desk();
    relay.nudge(0);
    await calls[0]!.answer(
      page([
        { target: 'a', given: [1] },
        { target: 'b', given: [2] },
      ]),
    );
    await calls[2]!.answer(taken(2));
    await calls[3]!.answer(
      page([
        { target: 'a', left: 1 },
        { target: 'b', number: 2, kept: 1, given: [3] },
      ]),
    );

    expect(calls[4]!.args).toEqual([0, 'here', 'b', '2', 'e']);
    expect(calls[4]!.rest).toEqual(['3', 'e', 'settle\x1f3']);
  });

  it.each([
    ['drops it when it has', 1, ['a', '0', '1', '', '']],
    ['delivers it again when it has not', 0, ['a', '0', '0', '', 'again']],
  ])('asks after some seconds whether a target still has what it took, and %s', async (_case, has, said) => {
    const desk = new Desk();
    desk.relay.nudge(0);
    await desk.calls[0]!.answer(page([{ target: 'a', number: 1, kept: 1 }]));
    await desk.pass(5000);
    await desk.calls[1]!.answer(page([{ target: 'a', number: 1, kept: 1 }]));
    expect(desk.calls[2]!.script).toBe('receive');
    expect(desk.calls[2]!.rest).toEqual([]);

    await desk.calls[2]!.answer(taken(has));

    expect(desk.calls[3]!.rest).toEqual(said);
  });

  it('delivers again from the front where a target lacks what came before', async () => {
    const { relay, calls } = new Desk();
    relay.nudge(0);
    await calls[0]!.answer(page([{ target: 'a', number: 1, kept: 1, given: [2] }]));
    await calls[1]!.answer(taken(0));

    expect(calls[2]!.rest).toEqual(['a', '0', '0', '', 'again']);
  });

  it('says nothing of what it knew of another history', async () => {
    const { relay, calls } = new Desk();
    relay.nudge(0);
    await calls[0]!.answer(page([{ target: 'a', given: [1] }]));
    relay.nudge(0);
    await calls[2]!.answer(page([{ target: 'a', left: 1 }], { history: 'other' }));
    await calls[1]!.answer(taken(1));

    expect(calls[3]!.args).toContain('other');
    expect(calls[3]!.rest).toEqual(['a', '0', '0', '', '']);
  });

  it('delivers what is kept again when the connection was lost', async () => {
    const { relay, calls } = new Desk();
    relay.nudge(0);
    await calls[0]!.answer(page([{ target: 'a', number: 1, kept: 1 }]));
    relay.repeat();

    expect(calls[1]!.rest).toEqual(['a', '0', '0', '', 'again']);
  });
});

describe('what a call has brought along', () => {
  const brought = (number: number, after = number - 1, text = `settle\x1f${number}`): Brought => ({
    ...{
      target: 'a',
      after: String(after),
      afterEra: after > 0 ? '7.h' : '',
      number: String(number),
      era: '7.h',
    },
    ...{ weight: '5', text },
  });
  const took = (number: number): unknown => [-1, String(number), '7.h', '0', ''];
  const sent = (...numbers: number[]): string[] =>
    numbers.flatMap((n) => [String(n), '7.h', `settle\x1f${n}`]);
  const scripts = (desk: Desk): string[] => desk.calls.map(({ script }) => script);

  it('is delivered at once, and the outbox learns later what was received', async () => {
    const desk = new Desk();
    desk.relay.bring(brought(1));
    expect(desk.calls).toMatchObject([{ script: 'receive', args: [0, 'here', 'a', '0', ''], rest: sent(1) }]);

    await desk.calls[0]!.answer(took(1));
    await desk.pass(29);
    expect(desk.calls).toHaveLength(1);
    await desk.pass(1);

    expect(desk.calls[1]).toMatchObject({ script: 'read-outbox', rest: ['a', '1', '0', '', ''] });
    expect(desk.calls[1]!.args).toContain('h');
  });

  it('goes together with what else comes while a call is under way', async () => {
    const desk = new Desk();
    for (const number of [1, 2, 3]) desk.relay.bring(brought(number));

    await desk.calls[0]!.answer(took(1));

    expect(desk.calls).toHaveLength(2);
    expect(desk.calls[1]).toMatchObject({ args: [0, 'here', 'a', '1', '7.h'], rest: sent(2, 3) });
  });

  it('goes by itself where others have posted between', async () => {
    const desk = new Desk();
    for (const [number, after] of [
      [1, 0],
      [2, 1],
      [4, 3],
      [5, 4],
    ] as const) {
      desk.relay.bring(brought(number, after));
    }
    await desk.calls[0]!.answer(took(1));
    await desk.calls[1]!.answer(took(3));

    expect(desk.calls.slice(1)).toMatchObject([
      { args: [0, 'here', 'a', '1', '7.h'], rest: sent(2) },
      { args: [0, 'here', 'a', '3', '7.h'], rest: sent(4, 5) },
    ]);
  });

  it('is left to who reads the outbox where the target lacks what is ahead of it', async () => {
    const desk = new Desk();
    const received: boolean[] = [];
    for (const number of [2, 3]) desk.relay.bring(brought(number), (is) => received.push(is));

    await desk.calls[0]!.answer(took(0));

    expect(received).toEqual([false, false]);
    expect(scripts(desk)).toEqual(['receive', 'read-outbox']);
    expect(desk.calls[1]!.rest).toEqual(['a', '0', '0', '', '']);
  });

  it('is read with what others post for a while, once they have posted between', async () => {
    const desk = new Desk();
    desk.relay.bring(brought(7));
    await desk.calls[0]!.answer(took(5));
    // What the target has is known from its answer.
    expect(desk.calls[1]!.rest).toEqual(['a', '5', '0', '', '']);
    await desk.calls[1]!.answer(page([{ target: 'a', number: 5, kept: 5, left: 2, newest: 7 }]));

    const received: boolean[] = [];
    desk.relay.bring(brought(8), (is) => received.push(is));
    expect(received).toEqual([false]);
    expect(scripts(desk)).toEqual(['receive', 'read-outbox', 'read-outbox']);
    await desk.calls[2]!.answer(page([]));
    await desk.pass(1000);
    desk.relay.bring(brought(9));

    expect(desk.calls[3]).toMatchObject({ script: 'receive', rest: sent(9) });
  });

  it('is looked after at once where it ends with a fence', async () => {
    const desk = new Desk();
    desk.relay.bring(brought(1, 0, 'add\x1f1\x1dfence\x1ff'));

    await desk.calls[0]!.answer(took(1));

    expect(desk.calls[1]).toMatchObject({ script: 'read-outbox', rest: ['a', '1', '0', '1', ''] });
  });

  it('has been received with the page that had it too', async () => {
    const desk = new Desk();
    desk.relay.nudge(0);
    await desk.calls[0]!.answer([...['h', -1, '2', '', 0, 'a', '0', '', 0, 2, '2', 2], ...sent(1, 2)]);
    const received: boolean[] = [];
    for (const number of [1, 2, 3]) desk.relay.bring(brought(number), (is) => received.push(is));

    await desk.calls[1]!.answer(took(2));

    expect(received).toEqual([true, true]);
    expect(desk.calls[2]).toMatchObject({ script: 'receive', rest: sent(3) });
  });

  it('brings about a look once it has been received, where others wait behind it', async () => {
    const desk = new Desk();
    desk.relay.bring(brought(1));
    desk.relay.nudge(0);
    await desk.calls[1]!.answer(page([{ target: 'a', left: 2, newest: 2 }]));
    expect(scripts(desk)).toEqual(['receive', 'read-outbox']);

    await desk.calls[0]!.answer(took(1));

    expect(scripts(desk)).toEqual(['receive', 'read-outbox', 'read-outbox']);
  });

  it('is void on a server with another past', async () => {
    const desk = new Desk();
    const received: boolean[] = [];
    desk.relay.bring(brought(1), (is) => received.push(is));
    desk.relay.nudge(0);
    await desk.calls[1]!.answer(page([], { history: 'other' }));

    await desk.calls[0]!.answer(took(1));

    expect(received).toEqual([false]);
    expect(desk.calls[2]!.args).toContain('other');
    expect(desk.calls[2]!.rest).toEqual(['a', '0', '0', '', '']);
  });

  it('is said before the relay rests', async () => {
    const desk = new Desk();
    desk.relay.bring(brought(1));
    const idle = desk.relay.idle();
    await desk.calls[0]!.answer(took(1));
    expect(desk.calls[1]).toMatchObject({ script: 'read-outbox', rest: ['a', '1', '0', '', ''] });

    await desk.calls[1]!.answer(page([]));

    await idle;
  });

  it('is left alone when the relay stops', async () => {
    const desk = new Desk();
    const received: boolean[] = [];
    for (const number of [1, 2]) desk.relay.bring(brought(number), (is) => received.push(is));

    await Promise.all([desk.relay.stop(), desk.calls[0]!.answer(took(1))]);
    desk.relay.bring(brought(3), (is) => received.push(is));

    expect(received).toEqual([false, true, false]);
    expect(desk.calls).toHaveLength(1);
  });
});
