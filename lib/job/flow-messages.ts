import { queueBase, refText } from './job-ref.js';
import { flowMessageText, type Message, messageText } from './wire.generated.js';
import type { FlowNode } from './flow-node.js';

/** Refs that one message takes. */
const REFS = 200;
/** Refs that go with the call that begins the flow; more are brought by messages. */
const FIRST_REFS = 400;
/** About how many calls of Redis it takes to receive a job, and one of those that come together. */
const JOB_WEIGHT = 6;
const LEAF_WEIGHT = 3;
/** Of jobs that come together. */
const LEAVES = 100;
const LEAVES_BYTES = 64 * 1024;

/** A message of the outbox, as lua/README.md says. */
export interface FlowMessage {
  target: string;
  /** Place of the child, counted from 1, whose tree it belongs to; 0 for all. */
  top: number;
  text: string;
  weight: number;
}

/** What it takes to bring a job its children. */
export interface ChildrenPlan {
  /** How many it has. */
  pending: number;
  /** Refs to be noted at once; empty where messages bring them. */
  refs: string[];
  messages: FlowMessage[];
}

/**
 * Plans the messages level by level: a level waits until the one above has been received, so that no child can end
 * before its parent is there.
 * @param areNew whether none of the children can be there already: what is there brings nothing, so those need messages of their own
 */
export function planChildren(
  parentBase: string,
  parentId: string,
  given: readonly FlowNode[],
  areNew: boolean,
): ChildrenPlan {
  const children = unique(given);
  const refs = children.map(({ ref }) => refText(ref));
  const few = refs.length <= FIRST_REFS;
  const messages = few ? [] : refsMessages(parentBase, parentId, refs, 0);
  let level = children.map((node, i) => ({ node, parent: `${parentBase}\t${parentId}`, top: i + 1 }));
  let isBelow = false;
  for (let waits = !few; level.length > 0; waits = isBelow = true) {
    const first = messages.length;
    const below: typeof level = [];
    const leaves = new Leaves(messages, areNew || isBelow);
    for (const { node, parent, top } of level) {
      if (leaves.take(node, parent, top)) {
        continue;
      }
      const own = unique(node.children);
      for (const made of nodeMessages(node, parent, own, top)) messages.push(made);
      const ref = refText(node.ref);
      for (const child of own) below.push({ node: child, parent: ref, top });
    }
    leaves.end();
    if (waits) {
      const opening = messages[first]!;
      opening.text = `w${opening.text}`;
    }
    level = below;
  }
  return { pending: refs.length, refs: few ? refs : [], messages };
}

/** Gathers jobs without children that follow each other, for one queue, under one parent, and that ask for the same: they are one message. */
class Leaves {
  private queue: Pick<FlowNode['ref'], 'prefix' | 'queueName'> | undefined;
  private spec = '';
  private link = '';
  private top = 0;
  private jobs: string[] = [];
  private bytes = 0;

  constructor(
    private readonly messages: FlowMessage[],
    private readonly gathers: boolean,
  ) {}

  /** Returns false for a job that goes by itself; what was gathered goes ahead of it. */
  take({ ref, policy, job: { spec, body }, children }: FlowNode, parent: string, top: number): boolean {
    if (!this.gathers || children.length > 0) {
      this.end();
      return false;
    }
    const { queue } = this;
    const isSame =
      queue?.queueName === ref.queueName &&
      queue.prefix === ref.prefix &&
      spec === this.spec &&
      this.link.length === parent.length + 1 &&
      this.link[0] === policy &&
      this.link.endsWith(parent);
    if (!isSame || this.jobs.length >= 2 * LEAVES || this.bytes > LEAVES_BYTES) {
      this.end();
      this.queue = ref;
      this.spec = spec;
      this.link = policy + parent;
      this.top = top;
    }
    this.jobs.push(ref.id, body);
    this.bytes += body.length;
    return true;
  }

  end(): void {
    const { queue, jobs, spec, link, top } = this;
    if (queue && jobs.length > 0) {
      const base = queueBase(queue.prefix, queue.queueName);
      const weight = LEAF_WEIGHT + (jobs.length / 2) * LEAF_WEIGHT;
      this.messages.push(message(base, weight, top, ['adds', spec, link, ...jobs]));
    }
    this.jobs = [];
    this.bytes = 0;
    this.queue = undefined;
  }
}

function nodeMessages(
  { ref, policy, job: { spec, body } }: FlowNode,
  parent: string,
  children: FlowNode[],
  top: number,
): FlowMessage[] {
  const base = queueBase(ref.prefix, ref.queueName);
  const refs = children.map((child) => refText(child.ref));
  const first = refs.slice(0, REFS);
  return [
    message(base, JOB_WEIGHT + first.length, top, [
      'add',
      ...([ref.id, spec, policy + parent, String(refs.length), body] as const),
      ...first,
    ]),
    ...refsMessages(base, ref.id, refs.slice(REFS), top),
  ];
}

function refsMessages(base: string, id: string, refs: readonly string[], top: number): FlowMessage[] {
  const messages: FlowMessage[] = [];
  for (let first = 0; first < refs.length; first += REFS) {
    const slice = refs.slice(first, first + REFS);
    messages.push(message(base, slice.length + 3, top, ['refs', id, ...slice]));
  }
  return messages;
}

function message(target: string, weight: number, top: number, said: Message): FlowMessage {
  return { target, top, weight, text: flowMessageText('', weight, target, messageText(said)) };
}

/** An id that comes twice under one parent is one job. */
function unique(nodes: readonly FlowNode[]): FlowNode[] {
  if (!nodes.some(({ named }) => named)) {
    return [...nodes];
  }
  return [...new Map(nodes.toReversed().map((node) => [refText(node.ref), node])).values()].toReversed();
}
