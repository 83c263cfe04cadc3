import { describe, expect, it } from '@jest/globals';
import { type Note, unexplained } from '../support/fleet.js';

const note = (what: Note['what'], token: string, pid = 1, id = 'a'): Note => ({
  pid,
  what,
  id,
  token,
  at: 0,
});

describe('the ledger of a fleet', () => {
  it('is in order when each job ended once, after retries or after runs that were cut short', () => {
    expect(unexplained([note('start', 'w:1'), note('end', 'w:1')], ['a'], new Set())).toEqual([]);
    const retried = [note('start', 'w:1'), note('fail', 'w:1'), note('start', 'w:2'), note('end', 'w:2')];
    expect(unexplained(retried, ['a'], new Set())).toEqual([]);
    const killed = [
      note('start', 'w:1', 1),
      note('end', 'w:1', 1),
      note('start', 'v:2', 2),
      note('end', 'v:2', 2),
    ];
    expect(unexplained(killed, ['a'], new Set([1]))).toEqual([]);
  });

  it('shows lost jobs, reruns without a cause and tokens given twice', () => {
    expect(unexplained([note('start', 'w:1')], ['a'], new Set())).toEqual(['job a never ended']);
    const twice = [note('start', 'w:1'), note('end', 'w:1'), note('start', 'w:2'), note('end', 'w:2')];
    expect(unexplained(twice, ['a'], new Set())).toEqual(['job a was run again after w:1 of process 1']);
    const same = [note('start', 'w:1'), note('fail', 'w:1'), note('start', 'w:1'), note('end', 'w:1')];
    expect(unexplained(same, ['a'], new Set())).toEqual(['job a had a token twice']);
  });
});
