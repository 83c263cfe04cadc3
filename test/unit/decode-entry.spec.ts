import { describe, expect, it } from '@jest/globals';
import { decodeEntry } from '../../lib/events/decode-entry.js';
import type { JobEvent } from '../../lib/job/job-event.js';

/** What the lines of one name tell, without what all events have. */
function told(name: string, ...lines: string[][]): unknown[] {
  return decodeEntry('170-3', [name, lines.map((columns) => columns.join('\t')).join('\n')]).map(
    ({ id: _id, timestamp: _timestamp, ...event }: JobEvent) => event,
  );
}

describe('a line of the event stream', () => {
  it('tells of a new job where it is', () => {
    expect(told('added', ['1', 'n'], ['2', 'n', '999'], ['3', 'n', '', 'waiting-children'])).toEqual([
      { event: 'added', jobId: '1', name: 'n' },
      { event: 'waiting', jobId: '1' },
      { event: 'added', jobId: '2', name: 'n' },
      { event: 'delayed', jobId: '2', delay: 999 },
      { event: 'added', jobId: '3', name: 'n' },
      { event: 'waiting-children', jobId: '3' },
    ]);
  });

  it('tells of children', () => {
    expect(told('waiting-children', ['1', 'active'], ['2', ''])).toEqual([
      { event: 'waiting-children', jobId: '1', prev: 'active' },
      { event: 'waiting-children', jobId: '2' },
    ]);
    expect(told('child-failed', ['1', 'p:parcels:7', '"no \\n way"'], ['2', 'p:parcels:8', ''])).toEqual([
      { event: 'child-failed', jobId: '1', childKey: 'p:parcels:7', failedReason: 'no \n way' },
      { event: 'child-failed', jobId: '2', childKey: 'p:parcels:8', failedReason: '' },
    ]);
  });

  it('tells of steps, their numbers as numbers', () => {
    expect(told('step-started', ['1', 'charge', '2'])).toEqual([
      { event: 'step-started', jobId: '1', step: 'charge', attempt: 2 },
    ]);
    expect(told('step-completed', ['1', 'charge', '2', '{"a":[]}'], ['1', 'big', '1', ''])).toEqual([
      { event: 'step-completed', jobId: '1', step: 'charge', attempt: 2, result: { a: [] } },
      { event: 'step-completed', jobId: '1', step: 'big', attempt: 1, result: undefined },
    ]);
    expect(
      told('step-failed', ['1', 'charge', '1', '"broke"', '500'], ['1', 'charge', '2', '"broke"', '']),
    ).toEqual([
      { event: 'step-failed', jobId: '1', step: 'charge', attempt: 1, failedReason: 'broke', retryInMs: 500 },
      { event: 'step-failed', jobId: '1', step: 'charge', attempt: 2, failedReason: 'broke' },
    ]);
  });

  it('tells of signals', () => {
    expect(told('signalled', ['1', 'approve'])).toEqual([
      { event: 'signalled', jobId: '1', signal: 'approve' },
    ]);
  });
});
