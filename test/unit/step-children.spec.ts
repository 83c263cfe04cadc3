import { describe, expect, it } from '@jest/globals';
import { checkJobId } from '../../lib/job/check.js';
import type { Job } from '../../lib/job/job.js';
import { type StepChild, withId } from '../../lib/steps/step-children.js';

const parent = { queueQualifiedName: 'p:orders', id: '7', timestamp: 1000 } as Job;
const child: StepChild = { name: 'pick', queueName: 'shelves', opts: { priority: 2 } };
const idOf = (job: object, step = 'ship', visit = 3, place = 1): string =>
  withId(child, { ...parent, ...job } as Job, step, visit, place).opts!.jobId!;

describe('ids of the children of a step', () => {
  it('are the same for the same place in the same visit, and no others', () => {
    const ids = [
      ...[idOf({}), idOf({ id: '8' }), idOf({ timestamp: 1001 }), idOf({ queueQualifiedName: 'p:x' })],
      ...[idOf({}, 'pack'), idOf({}, 'ship', 4), idOf({}, 'ship', 3, 2), idOf({}, 'ship', 31, 1)],
    ];

    expect(idOf({})).toBe(ids[0]);
    expect(new Set(ids).size).toBe(ids.length);
    ids.forEach((id) => expect(() => checkJobId(id)).not.toThrow());
  });

  it('leave other options, and ids of the user, as they are', () => {
    expect(withId(child, parent, 'ship', 1, 1)).toMatchObject({ name: 'pick', opts: { priority: 2 } });
    expect(child.opts).toEqual({ priority: 2 });
    const own = { ...child, opts: { jobId: 'mine' } };
    expect(withId(own, parent, 'ship', 1, 1)).toBe(own);
  });
});
