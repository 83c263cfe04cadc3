import { describe, expect, it } from '@jest/globals';
import { Prefetch } from '../../lib/worker/prefetch.js';
import type { Run } from '../../lib/worker/run.js';

const run = (id: string, state: Partial<Run> = {}): Run => ({ job: { id }, ...state }) as Run;

function taking(size: number, slots: number) {
  const seen: string[] = [];
  const note = (what: string) => (each: Run) => void seen.push(`${what} ${each.job.id}`);
  const hooks = { begin: note('begin'), leave: note('leave'), handBack: note('hand back') };
  const prefetch = new Prefetch(size, () => slots, hooks);
  prefetch.resume();
  return { prefetch, seen };
}

describe('jobs that are taken ahead', () => {
  it('begin one after the other, as slots are free', () => {
    const { prefetch, seen } = taking(2, 1);
    const [a, b, c] = ['a', 'b', 'c'].map((id) => run(id));
    prefetch.take([a!, b!, c!]);
    expect(seen).toEqual(['begin a']);
    prefetch.ended(a!);
    expect(seen).toEqual(['begin a', 'begin b']);
  });

  it('do not begin where their lock was lost, or they went back, meanwhile', () => {
    const { prefetch, seen } = taking(3, 1);
    const [a, lost, back, d] = [run('a'), run('lost', { isLost: true }), run('back'), run('d')];
    prefetch.take([a, lost, back, d]);
    back.handedBack = true;
    prefetch.ended(a);
    expect(seen).toEqual(['begin a', 'leave lost', 'begin d']);
  });

  it('go back when the worker stops, the newest first, and so do those that come then', () => {
    const { prefetch, seen } = taking(2, 1);
    prefetch.take([run('a'), run('b'), run('c')]);
    prefetch.pause();
    expect(seen).toEqual(['begin a', 'hand back c', 'hand back b']);
    prefetch.take([run('d')]);
    expect(seen.at(-1)).toBe('hand back d');
  });
});
