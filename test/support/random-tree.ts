import type { FlowJob } from '../../lib/engine.js';
import { randomFrom } from './mixed-jobs.js';

/** What a job of a tree is to come to, by its own doing. */
export interface TreeData {
  fate: 'complete' | 'fail';
  /** Attempts to fail before the one that succeeds. */
  failures: number;
  ms: number;
}

export type Outcome = 'completed' | 'failed' | 'waiting-children' | 'removed';

const POLICIES = [
  'failParentOnFailure',
  'continueParentOnFailure',
  'ignoreDependencyOnFailure',
  'removeDependencyOnFailure',
  undefined,
] as const;

export interface TreeShape {
  queues: readonly string[];
  depth: number;
  width: number;
}

/** A tree of jobs, the same for the same seed; ids are paths, `t7`, `t7.0`, `t7.0.3`. */
export function randomTree(number: number, { queues, depth, width }: TreeShape): FlowJob {
  const random = randomFrom(number * 7919 + 1);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const grow = (path: string, level: number): FlowJob => {
    const isParent = level < depth && random() < (level === 0 ? 1 : 0.2);
    const fails = random() < 0.15;
    const data: TreeData = {
      fate: fails ? 'fail' : 'complete',
      failures: random() < 0.1 ? 1 : 0,
      ms: random() < 0.2 ? Math.floor(random() * 60) : 0,
    };
    const policy = level === 0 ? undefined : pick(POLICIES);
    const children = isParent
      ? Array.from({ length: 1 + Math.floor(random() * width) }, (_, n) => grow(`${path}.${n}`, level + 1))
      : undefined;
    return {
      name: path,
      queueName: pick(queues),
      data,
      opts: {
        jobId: path,
        attempts: 2,
        ...(policy === undefined ? {} : { [policy]: true }),
        ...(random() < 0.1 ? { priority: 1 + Math.floor(random() * 3) } : {}),
        ...(random() < 0.15 ? { removeOnFail: true } : {}),
        ...(random() < 0.15 ? { removeOnComplete: true } : {}),
      },
      ...(children === undefined ? {} : { children }),
    };
  };
  return grow(`t${number}`, 0);
}

export function nodesOf(tree: FlowJob): FlowJob[] {
  return [tree, ...(tree.children ?? []).flatMap(nodesOf)];
}

/**
 * What becomes of each job once nothing runs any more. A parent of the test waits for all children before it does what it
 * was told, so that the order of their ends changes nothing.
 */
export function outcomesOf(tree: FlowJob, outcomes = new Map<string, Outcome>()): Map<string, Outcome> {
  let failsParent = false;
  let isHeld = false;
  for (const child of tree.children ?? []) {
    outcomesOf(child, outcomes);
    const { state, policy } = endOf(child, outcomes);
    failsParent ||= state === 'failed' && policy === 'failParentOnFailure';
    isHeld ||=
      state === 'waiting-children' ||
      (state === 'failed' && policy === undefined && !child.opts?.removeOnFail);
  }
  let outcome: Outcome;
  if (failsParent) outcome = 'failed';
  else if (isHeld) outcome = 'waiting-children';
  else outcome = (tree.data as TreeData).fate === 'fail' ? 'failed' : 'completed';
  outcomes.set(tree.opts!.jobId!, outcome);
  return outcomes;
}

function endOf(
  child: FlowJob,
  outcomes: Map<string, Outcome>,
): { state: Outcome; policy: string | undefined } {
  const policy = POLICIES.find((name) => name !== undefined && child.opts?.[name as keyof typeof child.opts]);
  return { state: outcomes.get(child.opts!.jobId!)!, policy };
}

/** As `outcomesOf`, seen from outside: what was told to keep nothing is gone. */
export function seenOf(node: FlowJob, outcome: Outcome): Outcome {
  const gone =
    (outcome === 'completed' && node.opts?.removeOnComplete) ||
    (outcome === 'failed' && node.opts?.removeOnFail);
  return gone ? 'removed' : outcome;
}
