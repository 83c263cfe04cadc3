import { describe, expect, it } from '@jest/globals';
import { applyDedupPolicy, checkDedupPolicy, type DedupPolicy } from '../../lib/job/dedup-policy.js';

const id = (data: { n: number }): string => `n-${data.n}`;

describe('what a policy comes to', () => {
  it.each<[DedupPolicy, object]>([
    [{ id }, { deduplication: { id: 'n-1' } }],
    [{ id, mode: 'simple' }, { deduplication: { id: 'n-1' } }],
    [{ id, mode: 'keep-last' }, { deduplication: { id: 'n-1', keepLastIfActive: true } }],
    [{ id, mode: 'throttle', ttl: 5 }, { deduplication: { id: 'n-1', ttl: 5 } }],
    [
      { id, mode: 'debounce', ttl: 5 },
      { deduplication: { id: 'n-1', ttl: 5, extend: true, replace: true }, delay: 5 },
    ],
    [
      { id, mode: 'debounce', ttl: 5, delay: 3 },
      { deduplication: { id: 'n-1', ttl: 5, extend: true, replace: true }, delay: 3 },
    ],
    [{ id, ttl: 5, extend: true }, { deduplication: { id: 'n-1', ttl: 5, extend: true } }],
  ])('%j', (policy, options) => {
    checkDedupPolicy('dedup', policy);
    expect(applyDedupPolicy(policy, 'job', { n: 1 })).toEqual(options);
  });

  it('hashes name and data, whatever the order of keys', () => {
    const hash = (name: string, data: unknown): string =>
      applyDedupPolicy({ id: 'hash' }, name, data).deduplication.id;
    expect(hash('a', { x: 1, y: { p: [1, 2], q: 2 } })).toMatch(/^[0-9a-f]{64}$/);
    expect(hash('a', { x: 1, y: { p: [1, 2], q: 2 } })).toBe(hash('a', { y: { q: 2, p: [1, 2] }, x: 1 }));
    expect(hash('a', { x: [1, 2] })).not.toBe(hash('a', { x: [2, 1] }));
    expect(hash('a', { x: 1 })).not.toBe(hash('b', { x: 1 }));
  });
});

describe('a policy that contradicts itself is refused', () => {
  it.each([
    [{}, 'Use a function'],
    [{ id: 'name' }, 'Use a function'],
    [{ id, mode: 'sometimes' }, 'Use simple, throttle, debounce or keep-last'],
    [{ id, mode: 'throttle' }, 'throttle needs its milliseconds'],
    [{ id, mode: 'debounce' }, 'debounce needs its milliseconds'],
    [{ id, mode: 'simple', ttl: 5 }, 'simple takes no further parts'],
    [{ id, mode: 'keep-last', ttl: 5 }, 'It has no meaning here'],
    [{ id, mode: 'throttle', ttl: 5, delay: 1 }, 'throttle takes ttl'],
    [{ id, mode: 'throttle', ttl: -5 }, 'Use a number'],
    [{ id, extend: 'yes' }, 'Use true or false'],
    [{ id, wait: 1 }, 'this policy takes ttl, extend, replace, keepLastIfActive'],
  ])('%j', (policy, message) => {
    expect(() => checkDedupPolicy('dedup', policy as DedupPolicy)).toThrow(message);
  });
});
