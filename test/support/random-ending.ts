import type { JobWrite } from '../../lib/job/job-write.js';
import type { Random } from '../simulation/random.js';

/** What a simulated run comes to: `way` with operands by chance. */
export function randomEnding(random: Random, id: string, token: string, way: string): JobWrite {
  const pause = String(random.int(0, 1) * 500);
  switch (way) {
    case 'fail':
      return ['fail', id, token, '"no"', '[]', random.pick(['', '0,,']), ''];
    case 'retry':
      return ['retry', id, token, '"no"', '[]', pause, ''];
    case 'postpone':
      return ['postpone', id, token, pause];
    default:
      return ['complete', id, token, '1', random.pick(['', '0,,', '3,,'])];
  }
}
