import { describe, expect, it } from '@jest/globals';
import { Notices } from '../../lib/worker/notices.js';

function reader() {
  const heard: string[] = [];
  const notices = new Notices(
    'notices',
    () => {
      throw new Error('nothing is read');
    },
    {
      limits: () => void heard.push('limits'),
      cancelled: (...how) => void heard.push(how.join('|')),
    },
  );
  return { heard, notices };
}

describe('notices', () => {
  it('say which run was cancelled, and how', () => {
    const { heard, notices } = reader();
    notices.entries([['1-0', ['cancel', '7\tw:1\t1\t"a\\tb"']]]);
    expect(heard).toEqual(['7|w:1|1\t"a\\tb"']);
  });

  it('are kept in mind for a run that begins only then', () => {
    const { notices } = reader();
    notices.entries([['1-0', ['cancel', '7\tw:1\t1']]]);
    expect(notices.cancelledBefore('7', 'w:1')).toBe('1');
    expect(notices.cancelledBefore('7', 'w:2')).toBeUndefined();
  });

  it('say once that limits have changed, however often they have', () => {
    const { heard, notices } = reader();
    notices.entries([
      ['1-0', ['limits', '']],
      ['1-1', ['limits', '']],
      ['1-2', ['of a later version', '']],
    ]);
    expect(heard).toEqual(['limits']);
  });
});
