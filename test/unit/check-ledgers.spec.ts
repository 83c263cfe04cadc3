import { describe, expect, it } from '@jest/globals';
import { checkLedgers } from '../../faults/check-ledgers.js';
import type { FaultLog } from '../../faults/events.js';
import type { Note } from '../../faults/ledger.js';

const EMPTY: FaultLog = { faults: [], killed: [], frozen: [], losses: [] };
const NOTHING_LEFT = { unfinished: [], completed: 0, failed: [], states: {} };

/** Lines as a ledger has them: `at pid what key id token detail`. */
function notes(...lines: string[]): Note[] {
  return lines.map((line) => {
    const [atMs, pid, what, key, id = '-', token = '-', detail = '-'] = line.split(' ');
    return {
      atMs: Number(atMs),
      pid: Number(pid),
      what: what as Note['what'],
      key: Number(key),
      id,
      token,
      detail,
    };
  });
}

const added = ['0 1 add 7', '1 1 ok 7 a'];
const twice = [...added, '10 2 start 7 a t1', '20 2 end 7 a t1', '5000 3 start 7 a t2', '5010 3 end 7 a t2'];
const verdict = (lines: readonly string[], log: Partial<FaultLog> = {}, census = NOTHING_LEFT as object) =>
  checkLedgers(notes(...lines), { ...EMPTY, ...log }, { ...NOTHING_LEFT, ...census }, 'jobs');

describe('the checker of ledgers', () => {
  it('finds nothing where each job ran once', () => {
    expect(verdict([...added, '10 2 start 7 a t1', '20 2 end 7 a t1'])).toMatchObject({
      answered: 1,
      lost: [],
      doubled: [],
      stuck: [],
      staleTried: 0,
    });
  });

  it('counts as lost what was answered, never ended and is nowhere', () => {
    expect(verdict(added).lost).toEqual([7]);
    expect(verdict(['0 1 add 7', '1 1 no 7']).lost).toEqual([]);
    expect(verdict(added, {}, { unfinished: [7] })).toMatchObject({ lost: [], stuck: [7] });
  });

  it('counts a second run that nothing explains, and no other', () => {
    expect(verdict(twice).doubled).toEqual([7]);
    expect(verdict([...twice, '30 2 abort 7 a t1'])).toMatchObject({ doubled: [], rerun: 1 });
    expect(verdict(twice, { killed: [{ pid: 2, atMs: 15 }] })).toMatchObject({ doubled: [], rerun: 1 });
    expect(verdict(twice, { killed: [{ pid: 3, atMs: 15 }] }).doubled).toEqual([7]);
    expect(verdict(twice, { frozen: [{ pid: 2, fromMs: 12, toMs: 4000 }] }).doubled).toEqual([]);
    expect(verdict(twice, { losses: [100] }).doubled).toEqual([]);
    expect(verdict(twice, { losses: [6000] }).doubled).toEqual([7]);
  });

  it('knows two jobs of one add', () => {
    const both = [...added, '10 2 start 7 a t1', '20 2 end 7 a t1', '30 2 start 7 b t2', '40 2 end 7 b t2'];
    expect(verdict([...both, '15 2 abort 7 a t1']).doubled).toEqual([7]);
  });

  it('knows a failure that the load asked for', () => {
    const again = [...added, '10 2 start 7 a t1', '20 2 fail 7 a t1', '80 2 start 7 a t2', '90 2 end 7 a t2'];
    expect(verdict(again)).toMatchObject({ doubled: [], rerun: 0 });
  });

  it('counts writes of a run that was replaced, and those that were taken', () => {
    const late = [...twice.slice(0, 3), '5000 3 start 7 a t2', '5010 3 end 7 a t2'];
    const wrote = ['5100 2 write 7 a t1 log', '5101 2 wrote 7 a t1 log', '5102 2 end 7 a t1'];
    expect(verdict([...late, ...wrote])).toMatchObject({ staleTried: 2, staleAccepted: 1 });
    expect(verdict([...late, ...wrote, '5103 2 done 7 a t1'])).toMatchObject({ staleAccepted: 2 });
  });

  it('measures how long a job that was cut short waited', () => {
    const cut = [...added, '10 2 start 7 a t1', '5000 3 start 7 a t2', '5010 3 end 7 a t2'];
    expect(verdict(cut, { killed: [{ pid: 2, atMs: 100 }] }).recoveryMs).toMatchObject({
      count: 1,
      max: 4900,
    });
  });
});
