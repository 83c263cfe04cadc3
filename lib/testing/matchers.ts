import type { Job } from '../job/job.js';
import type { JobStep } from '../job/job-steps.js';

/** What a matcher returns to `expect`. */
export interface MatcherResult {
  pass: boolean;
  message: () => string;
}

/**
 * Matchers for a job, or for the steps that `job.getSteps()` returns. A job is read anew, so its matchers are to be awaited.
 * Declare them for your runner; see the guide to testing.
 */
export interface StepwellMatchers<R = unknown> {
  /** These steps have completed; without names, the job has. */
  toHaveCompleted(...steps: string[]): R;
  /** The step has failed for good, with a message that contains the reason; without a step, the job has. */
  toHaveFailed(step?: string, reason?: string): R;
  /** The job sleeps, is delayed, or waits to be tried again. */
  toBeSleeping(): R;
  /** The step, or whichever is at its turn, waits for a signal. */
  toBeAwaitingSignal(step?: string): R;
  /** The job waits for its children. */
  toBeWaitingForChildren(): R;
  /** These steps have been undone. */
  toHaveUndone(...steps: string[]): R;
}

type Received = Job | readonly JobStep[];
type Found = { pass: boolean; wanted: string; found: string };

/**
 * To be given to `expect.extend`, of jest and of vitest.
 *
 * @example
 * expect.extend(stepwellMatchers);
 * await expect(job).toHaveCompleted('reserve', 'charge');
 */
export const stepwellMatchers = {
  toHaveCompleted: (received: Received, ...steps: string[]) =>
    steps.length === 0 ? isInState(received, 'completed') : areSteps(received, steps, 'completed'),
  toHaveFailed: (received: Received, step?: string, reason = '') =>
    step === undefined
      ? isInState(received, 'failed')
      : check(received, (all) => {
          const { status, failedReason = '' } = find(all, step);
          const wanted = `step ${step} failed${reason === '' ? '' : ` with "${reason}"`}`;
          return {
            pass: status === 'failed' && failedReason.includes(reason),
            wanted,
            found: describeSteps(all),
          };
        }),
  toBeSleeping: (received: Received) =>
    isInState(received, 'delayed', (steps) => steps.every(({ status }) => status !== 'awaiting')),
  toBeAwaitingSignal: (received: Received, step?: string) =>
    check(received, (all) => ({
      pass: all.some(({ name, status }) => status === 'awaiting' && (step ?? name) === name),
      wanted: `${step === undefined ? 'a step' : `step ${step}`} awaits a signal`,
      found: describeSteps(all),
    })),
  toBeWaitingForChildren: (received: Received) => isInState(received, 'waiting-children'),
  toHaveUndone: (received: Received, ...steps: string[]) =>
    areSteps(
      received,
      steps.map((step) => `undo:${step}`),
      'completed',
    ),
} as const;

function areSteps(received: Received, names: string[], status: JobStep['status']): Checked {
  return check(received, (all) => ({
    pass: names.every((name) => find(all, name).status === status),
    wanted: `${names.join(', ')} ${status}`,
    found: describeSteps(all),
  }));
}

function isInState(
  received: Received,
  state: string,
  also: (steps: readonly JobStep[]) => boolean = () => true,
): Checked {
  if (!isJob(received)) {
    throw new TypeError('This matcher needs a job, such as queue.add returns.');
  }
  return Promise.all([received.getState(), received.getSteps()]).then(([found, steps]) => {
    const pass = found === state && also(steps);
    return resultOf({
      pass,
      wanted: `job ${received.id} ${state}`,
      found: `${found}; ${describeSteps(steps)}`,
    });
  });
}

type Checked = MatcherResult | Promise<MatcherResult>;

function check(received: Received, matches: (steps: readonly JobStep[]) => Found): Checked {
  if (isJob(received)) {
    return received.getSteps().then((steps) => resultOf(matches(steps)));
  }
  if (!Array.isArray(received)) {
    throw new TypeError('This matcher needs a job, or the steps that job.getSteps() returns.');
  }
  return resultOf(matches(received as readonly JobStep[]));
}

function resultOf({ pass, wanted, found }: Found): MatcherResult {
  return { pass, message: () => `Expected ${pass ? 'not ' : ''}: ${wanted}\nFound: ${found}` };
}

/** Also one of another copy of the library, as test runners make them. */
function isJob(received: unknown): received is Job {
  return typeof (received as Partial<Job> | null)?.getSteps === 'function';
}

function find(steps: readonly JobStep[], name: string): Partial<JobStep> {
  return steps.find((step) => step.name === name) ?? {};
}

function describeSteps(steps: readonly JobStep[]): string {
  const lines = steps.map(({ name, status, failedReason }) =>
    failedReason === undefined ? `${name} ${status}` : `${name} ${status} (${failedReason})`,
  );
  return lines.length > 0 ? lines.join(', ') : 'no step has begun';
}
