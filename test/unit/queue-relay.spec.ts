import { describe, expect, it } from '@jest/globals';
import type { Runtime } from '../../lib/runtime/runtime.js';
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
}
const page = (lines: Line[] = [], { lateInMs = -1, history = 'h', sent = 9 } = {}): unknown => [
  history,
  lateInMs,
  String(sent),
  '',
  0,
  ...lines.flatMap(({ target, number = 0, kept = 0, given = [], left = given.length }) => [
    ...[target, String(number), number > 0 ? 'e' : '', kept, left, given.length],
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
