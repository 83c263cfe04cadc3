import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { systemRuntime } from '../../lib/runtime/system-runtime.js';

const FORTY_DAYS_MS = 40 * 24 * 3_600_000;

describe('a timer that is longer than those of Node', () => {
  it('does not fire at once', async () => {
    let fired = 0;
    const timer = systemRuntime.setTimer(() => (fired += 1), FORTY_DAYS_MS);
    const repeating = systemRuntime.setRepeating(() => (fired += 1), FORTY_DAYS_MS);
    await sleep(30);
    timer.refresh();
    await sleep(30);
    timer.cancel();
    repeating.cancel();
    expect(fired).toBe(0);
  });
});
