import { describe, expect, it } from '@jest/globals';
import { stageFlow } from '../../lib/redis/scripts.generated.js';
import { isFence, type OutboxLine } from '../../lib/store/outbox-page.js';
import {
  BODY,
  FLOW_TIME,
  historyOf,
  message,
  OTHER,
  type PageOptions,
  runAddFlow,
  runReadOutbox,
} from '../support/flow-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const FIRST = FLOW_TIME * 1000 + 1;
const FAR = 'far:{queue}:';

const child = (id: string, target = OTHER, flag = ''): string =>
  message(flag, 5, target, 'add', id, '', 'link', 0, BODY);
/** Posts them all by one call. */
const attachAll = async (messages: readonly string[], seq = '1'): Promise<void> => {
  await runAddFlow(
    lab,
    [
      {
        kind: 'attach',
        id: '1',
        refs: messages.map((_, i) => `${OTHER}\t${seq}${i}`),
        messages: messages.map((text, i) => [i + 1, text]),
      },
    ],
    seq,
  );
};
/** Each by a call of its own, so that it is an element by itself. */
const attach = async (messages: readonly string[]): Promise<void> => {
  for (const [i, text] of messages.entries()) {
    await attachAll([text], String(i + 1));
  }
};
const look = async (options: PageOptions = {}) => (await runReadOutbox(lab, options)).page;
/** What is given of each line: ids of jobs to add, and of flows where a fence is. */
const given = (lines: readonly OutboxLine[]): Record<string, string[]> =>
  Object.fromEntries(
    lines.map((line) => [
      line.target,
      line.given.flatMap(({ text }) => text.split('\x1d').map((said) => said.split('\x1f')[1]!)),
    ]),
  );
const read = async (options: PageOptions = {}) => given((await look(options)).lines);
const giveJob = (): Promise<void> => lab.given({ jobs: [{ id: '1' }] });

describe('read-outbox', () => {
  it('says that there is nothing', async () => {
    const { page, after } = await runReadOutbox(lab);

    expect(page).toEqual({
      history: await historyOf(lab),
      lateInMs: -1,
      sent: 0,
      going: new Set(),
      laidAside: 0,
      lines: [],
    });
    expect(after).toEqual({});
  });

  it('gives what is posted to each target, to one process at a time until its time is over', async () => {
    await giveJob();
    await attach([child('x'), child('y', FAR), child('z')]);
    const all = { [OTHER]: ['x', 'z'], [FAR]: ['y'] };
    const none = { [OTHER]: [], [FAR]: [] };

    expect(await read()).toEqual(all);
    const other = await look({ holder: 'q', now: FLOW_TIME + 400 });
    expect([given(other.lines), other.lateInMs]).toEqual([none, 600]);
    expect(await read({ now: FLOW_TIME + 400 })).toEqual(all);
    expect(await read({ holder: 'q', now: FLOW_TIME + 1400 })).toEqual(all);
  });

  it('waits for no process longer than it may take, though the clock was put back', async () => {
    await giveJob();
    await attach([child('x')]);
    await look({ now: FLOW_TIME + 3_600_000 });

    expect(await read({ holder: 'q' })).toEqual({ [OTHER]: ['x'] });
  });

  it('keeps what was received, until nothing can undo that', async () => {
    await giveJob();
    await attach([child('x'), child('y'), child('z')]);
    await look();

    const received = await look({ lines: { [OTHER]: { received: FIRST + 1 } } });
    expect(received.lines).toMatchObject([{ number: String(FIRST + 1), kept: 2, left: 1 }]);
    expect(given(received.lines)).toEqual({ [OTHER]: ['z'] });
    expect((await lab.dump()).meta).toHaveProperty('outbox', '1');
    const all = await runReadOutbox(lab, { lines: { [OTHER]: { received: FIRST + 2 } } });
    expect(all.page.lines).toMatchObject([{ kept: 3, left: 0 }]);
    // Who reported that may be gone before the time is over for which it is kept.
    expect(all.after.meta).toHaveProperty('outbox', '0');
    expect((await look({ lines: { [OTHER]: { durable: FIRST + 1 } } })).lines).toMatchObject([
      { kept: 1, left: 0 },
    ]);
    const { page, after } = await runReadOutbox(lab, { lines: { [OTHER]: { durable: FIRST + 2 } } });
    expect(page.lines).toEqual([]);
    expect(Object.keys(after).filter((key) => /posted|outbox/.test(key))).toEqual([]);
    expect(after.meta).not.toHaveProperty('outbox');
  });

  it('drops nothing that was not received, whatever is said', async () => {
    await giveJob();
    await attach([child('x'), child('y')]);

    await look({ lines: { [OTHER]: { received: FIRST, durable: FIRST + 1 } } });

    expect((await lab.dump())[`posted:${OTHER}`]).toHaveLength(1);
  });

  it('gives what is kept once more when asked, as its target has lost it', async () => {
    await giveJob();
    await attach([child('x'), child('y')]);
    await look({ lines: { [OTHER]: { received: FIRST + 1 } } });

    expect(await read({ lines: { [OTHER]: { flag: 'again' } } })).toEqual({ [OTHER]: ['x', 'y'] });
  });

  it.each([
    ['is void on a server with another past', '0a1b2c3d', ['x', 'y']],
    ['is not, on the same', undefined, ['y']],
  ])('what a process knows %s', async (_case, past, expected) => {
    await giveJob();
    await attach([child('x'), child('y')]);
    await look();

    const lines = { [OTHER]: { received: FIRST } };
    expect(await read(past === undefined ? { lines } : { lines, past })).toEqual({ [OTHER]: expected });
  });

  it('gives what is kept once more on a server with another past', async () => {
    await giveJob();
    await attach([child('x')]);
    await look({ lines: { [OTHER]: { received: FIRST } } });
    const known = (await lab.client.hget(lab.keys.of('outbox'), OTHER))!;
    const past = await historyOf(lab);
    await lab.client.hset(lab.keys.of('outbox'), OTHER, known.replace(`,${past},`, ',0a1b2c3d,'));

    expect(await read()).toEqual({ [OTHER]: ['x'] });
  });

  it('trusts after a minute that what was received has stayed so', async () => {
    await giveJob();
    await attach([child('x'), child('y')]);
    await look({ lines: { [OTHER]: { received: FIRST } } });

    expect(await read({ now: FLOW_TIME + 60_001, past: 'void' })).toEqual({ [OTHER]: ['y'] });
    expect((await lab.dump())[`posted:${OTHER}`]).toHaveLength(1);
  });

  it('leaves a line alone that its process is at, or comes back to later', async () => {
    await giveJob();
    await attach([child('x'), child('y', FAR)]);

    expect(await read({ lines: { [OTHER]: { flag: 'busy' } } })).toEqual({ [OTHER]: [], [FAR]: ['y'] });
  });

  it('ends a page where it would take too much, but gives at least one message', async () => {
    await giveJob();
    await attach([child('x'), child('y'), child('z')]);

    expect(await read({ weight: 14 })).toEqual({ [OTHER]: ['x', 'y'] });
    expect(await read({ weight: 1 })).toEqual({ [OTHER]: ['x'] });
    expect(await read({ bytes: 10 })).toEqual({ [OTHER]: ['x'] });
  });

  it('begins with another line at each turn', async () => {
    await giveJob();
    await attach([child('x'), child('y', FAR)]);

    // Redis keeps the order of the lines from when each has been written.
    await look();
    const firsts = [];
    for (const turn of [0, 1]) {
      const { lines } = await look({ weight: 1, turn });
      firsts.push(...lines.filter((line) => line.given.length > 0).map(({ target }) => target));
    }
    expect(firsts.sort()).toEqual([FAR, OTHER]);
  });

  it('reads far into a long outbox', async () => {
    await giveJob();
    await attach(Array.from({ length: 250 }, (_, i) => child(`c${i}`)));

    expect((await look({ weight: 6 * 170, bytes: 1e6 })).lines[0]!.given).toHaveLength(170);
    const lines = { [OTHER]: { received: FIRST + 169 } };
    expect((await look({ lines, weight: 5000, bytes: 1e6 })).lines[0]!.given).toHaveLength(80);
  });
});

describe('read-outbox of a flow of several levels', () => {
  const levels = [child('x'), child('y', FAR), child('below x', FAR, 'w'), child('last', OTHER, 'w')];

  it('posts a level when the one above has been received by all, however late one of them is', async () => {
    await giveJob();
    await attachAll(levels);
    expect(await read({ asked: 'a.1.1' })).toEqual({ [OTHER]: ['x', 'a.1.1'], [FAR]: ['y', 'a.1.1'] });
    const fences = Object.keys((await lab.dump()).fences as object).filter((key) => !key.startsWith('#'));
    const [first, second] = fences.map(Number) as [number, number];

    const one = await look({ lines: { [OTHER]: { received: first, fences: [first] } }, asked: 'a.1.1' });
    expect([given(one.lines), one.going]).toEqual([
      { [OTHER]: [], [FAR]: ['y', 'a.1.1'] },
      new Set(['a.1.1']),
    ]);
    const again = await look({ lines: { [OTHER]: { received: first, fences: [first] } } });
    expect(given(again.lines)).toEqual(given(one.lines));
    const both = await look({ lines: { [FAR]: { received: second, fences: [second] } } });
    expect(given(both.lines)).toEqual({ [OTHER]: [], [FAR]: ['below x', 'a.1.1'] });
  });

  it('is whole when all have received the last one', async () => {
    await giveJob();
    await attachAll(levels);
    let page = await look({ asked: 'a.1.1' });
    for (let round = 0; round < 4; round += 1) {
      const lines = Object.fromEntries(
        page.lines
          .filter((line) => line.given.length > 0)
          .map((line) => {
            const numbers = line.given.map(({ number }) => Number(number));
            const fences = numbers.filter((_, i) => isFence(line.given[i]!));
            return [line.target, { received: numbers.at(-1)!, fences }];
          }),
      );
      page = await look({ lines, asked: 'a.1.1' });
    }

    expect(page.going).toEqual(new Set());
    const left = Object.keys(await lab.dump()).filter((key) => /staged|fences/.test(key));
    expect(left).toEqual([]);
  });

  it('goes on where the one who delivered a fence died before it said so, and what came behind was received too', async () => {
    await giveJob();
    await attachAll(levels);
    await attachAll([child('z'), child('w', FAR)], '2');
    const fences = Object.keys((await lab.dump()).fences as object).filter((key) => !key.startsWith('#'));
    const [first, second] = fences.map(Number) as [number, number];

    const lines = { [OTHER]: { received: second + 1 }, [FAR]: { received: second + 2 } };
    const page = await look({ holder: 'q', lines });

    expect(first).toBeLessThan(second);
    expect(given(page.lines)).toEqual({ [OTHER]: [], [FAR]: ['below x', 'a.1.1'] });
  });

  it('takes back what was staged and never gone on with', async () => {
    await lab.run(stageFlow, [FLOW_TIME, 's', 0, 60_000], [child('x')]);
    await look({ now: FLOW_TIME + 59_999 });
    expect(await lab.dump()).toHaveProperty('staging');

    const { after } = await runReadOutbox(lab, { now: FLOW_TIME + 60_000 });

    expect(after).toEqual({});
  });
});

describe('read-outbox: messages that cannot be read', () => {
  it('are laid aside, wherever they are, and the others are given', async () => {
    await giveJob();
    await attach([child('x'), child('y'), child('z')]);
    const line = lab.keys.derived('posted', OTHER);
    const [x, y] = await lab.client.lrange(line, 0, -1);
    await lab.client.linsert(line, 'AFTER', x!, 'one');
    await lab.client.linsert(line, 'AFTER', y!, 'two');
    await lab.client.rpush(line, 'three');

    const { page, after } = await runReadOutbox(lab);

    expect([given(page.lines), page.laidAside]).toEqual([{ [OTHER]: ['x', 'y', 'z'] }, 3]);
    expect(page.lines[0]!.left).toBe(3);
    expect(after.unreadable).toEqual(['one', 'two', 'three']);
  });

  it('are laid aside among those that were received', async () => {
    await giveJob();
    await attach([child('x'), child('y'), child('z')]);
    const line = lab.keys.derived('posted', OTHER);
    const [x] = await lab.client.lrange(line, 0, 0);
    for (const text of ['one', 'two']) await lab.client.linsert(line, 'AFTER', x!, text);
    await look();

    const page = await look({ lines: { [OTHER]: { received: FIRST + 1 } } });

    expect(page.lines).toMatchObject([{ number: String(FIRST + 1), kept: 2, left: 1 }]);
  });

  it('go with the line to nobody, and the line that is none', async () => {
    await giveJob();
    await attach([child('x'), child('y', FAR)]);
    await lab.client.set(lab.keys.derived('posted', OTHER), 'what?');
    await lab.client.hset(lab.keys.of('outbox'), 'nobody', '');
    await lab.client.rpush(lab.keys.derived('posted', 'nobody'), 'z');

    const { page, after } = await runReadOutbox(lab);

    expect([given(page.lines), page.laidAside]).toEqual([{ [FAR]: ['y'] }, 2]);
    expect(after.unreadable).toEqual(['z']);
  });
});
