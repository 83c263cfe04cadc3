import type { AddFlowEntry } from '../job/wire.generated.js';
import {
  InvalidOptionError,
  LockLostError,
  MissingParentError,
  ParentConflictError,
  StepwellError,
  UnreadableValueError,
  WrongStateError,
} from '../job/errors.js';
import { CHANGED, type JobFields } from '../job/job-record.js';
import { type JobRef, parseRef, refText, shownKey } from '../job/job-ref.js';
import type { AddedChild } from '../job/job-store.js';
import { within } from '../runtime/within.js';
import { stageFlow } from '../redis/scripts.generated.js';
import type { ChildStore } from './child-store.js';
import type { Awaited } from './queue-relay.js';
import { FlowBatch, type FlowBegun } from './flow-batch.js';
import { type ChildrenPlan, type FlowMessage, planChildren } from '../job/flow-messages.js';
import type { FlowNode } from '../job/flow-node.js';
import type { StoreContext } from './store-context.js';

/** A flow that is put aside and not gone on with for so long is taken back. */
const STAGED_MS = 60_000;
const STAGE_MESSAGES = 400;
const STAGE_BYTES = 256 * 1024;

/** What a flow says besides the job that waits for its children. */
type FlowRest =
  Extract<AddFlowEntry, readonly ['attach', ...unknown[]]> extends readonly [
    ...[string, string, string],
    ...infer Rest,
  ]
    ? Rest
    : never;

/** The flows of one queue: roots that are in it, and children of its jobs. */
export class FlowStore {
  private readonly base: string;
  private readonly batch: FlowBatch;

  constructor(
    private readonly context: StoreContext,
    private readonly children: ChildStore,
  ) {
    this.base = context.keys.base;
    this.batch = new FlowBatch(context);
  }

  /** Adds a whole tree whose root is in this queue. Returns false when a job with its id is there: nothing is added then. */
  async addRoot(root: FlowNode): Promise<boolean> {
    if (hasNamed(root.children)) {
      await this.checkParents(root.children, root.ref);
    }
    const plan = planChildren(this.base, root.ref.id, root.children, true);
    const begun = await this.begin(
      (rest) => ['root', root.ref.id, root.job.spec, root.job.body, ...rest],
      root.job.body.length,
      plan,
    );
    return begun.word === 'ok';
  }

  /**
   * Adds children, with all below them, to a job of this queue.
   * @param token the lock that the job must be held under, '' for none
   * @returns whether each of them was there already, and brought nothing
   */
  async addChildren(parentId: string, token: string, children: readonly FlowNode[]): Promise<boolean[]> {
    if (children.length === 0) {
      return [];
    }
    const parent = { ...this.context.queue, id: parentId };
    if (hasNamed(children)) {
      await this.checkParents(children, parent);
    }
    const plan = planChildren(this.base, parentId, children, false);
    if (!FlowBatch.fits(sizeOf(plan))) {
      // What is put aside is taken whole: what is there already is left out before.
      const there = await this.children.refs(parentId);
      const fresh = children.filter(({ ref }) => !there.has(refText(ref)));
      if (fresh.length < children.length) {
        await this.addChildren(parentId, token, fresh);
        return children.map(({ ref }) => there.has(refText(ref)));
      }
    }
    const { word, known } = await this.begin((rest) => ['attach', parentId, token, ...rest], 0, plan);
    if (word !== 'ok') {
      throw refusal(word, parent);
    }
    const there = new Set(known.map((place) => plan.refs[place - 1]));
    return children.map(({ ref }) => there.has(refText(ref)));
  }

  /** As `addChildren`, with what was added. */
  async attach(parentId: string, token: string, nodes: readonly FlowNode[]): Promise<AddedChild[]> {
    const known = await this.addChildren(parentId, token, nodes);
    return nodes.map(({ ref, name, data, opts }, i) => ({ ref, name, data, opts, known: known[i] ?? false }));
  }

  async idle(): Promise<void> {
    await this.batch.idle();
  }

  get isIdle(): boolean {
    return this.batch.isIdle;
  }

  close(message: string): void {
    this.batch.close(message);
  }

  private async begin(
    entry: (rest: FlowRest) => AddFlowEntry,
    bytes: number,
    plan: ChildrenPlan,
  ): Promise<FlowBegun> {
    const { messages, refs, pending } = plan;
    const size = sizeOf(plan, bytes);
    const whole = FlowBatch.fits(size);
    const staged = whole ? '' : await this.stage(messages);
    const sent = whole ? messages : [];
    const flow = entry([
      ...([String(pending), staged, String(whole ? 0 : messages.length)] as const),
      ...([refs, sent.map(({ top, text }) => [String(top), text] as const)] as const),
    ]);
    const begun = await this.batch.begin(
      whole ? { ...size, weight: this.weightOf(plan), flow } : { weight: refs.length, bytes, flow },
    );
    if (begun.word === 'gone') {
      throw new StepwellError('The flow took too long to put aside: it was taken back.', 'FLOW_GONE');
    }
    if (begun.word === 'ok' && !begun.here && messages.length > 0) {
      const targets = new Set(messages.map(({ target }) => target));
      if (begun.flow !== '' || !(await haveArrived(begun, targets))) {
        await this.delivered(begun.flow ? { flow: begun.flow } : { targets });
      }
    }
    return begun;
  }

  /** What is all for this queue is not only posted by the call, but brought. */
  private weightOf({ messages, refs }: ChildrenPlan): number {
    const isHere = messages.every(({ target }) => target === this.base);
    return refs.length + messages.reduce((sum, { weight }) => sum + (isHere ? weight : 1), 0);
  }

  private async stage(messages: readonly FlowMessage[]): Promise<string> {
    const { runner, calls } = this.context;
    const id = runner.runtime.uuid();
    for (let first = 0; first < messages.length;) {
      let count = 0;
      for (let bytes = 0; count < STAGE_MESSAGES && first + count < messages.length; count += 1) {
        bytes += messages[first + count]!.text.length;
        if (count > 0 && bytes > STAGE_BYTES) {
          break;
        }
      }
      const texts = messages.slice(first, first + count).map(({ text }) => text);
      const at = first;
      const word = await calls.repeatable(() => runner.run(stageFlow, [0, id, at, STAGED_MS], texts));
      if (word === 'gone') {
        throw new StepwellError('The flow took too long to put aside: it was taken back.', 'FLOW_GONE');
      }
      first += count;
    }
    return id;
  }

  /**
   * So that children can be found once they have been added. Added is added: whoever waits for the delivery does so only
   * while it goes on, and what does not arrive in time arrives later.
   */
  private async delivered(awaited: Awaited): Promise<void> {
    const { delivery, patience } = this.context;
    const { relay } = delivery;
    let over = false;
    const done = relay.delivered(awaited).then(() => (over = true));
    for (let before = -1; !over && relay.progress > before;) {
      before = relay.progress;
      await within(patience.runtime, patience.limitMs, done);
    }
  }

  /** Ids of the user's own may be those of children of other jobs. Nothing has been written yet. */
  private async checkParents(nodes: readonly FlowNode[], parent: JobRef): Promise<void> {
    for (const { ref, named, children } of nodes) {
      if (named) {
        await this.checkParent(ref, parent);
      }
      await this.checkParents(children, ref);
    }
  }

  private async checkParent(ref: JobRef, parent: JobRef): Promise<void> {
    const { parent: link, state } = (await this.loadFields(ref)) ?? {};
    const settled = state === 'completed' || (state === 'failed' && link?.[0] !== '-');
    if (link === undefined || settled || link.slice(1) === refText(parent)) {
      return;
    }
    const other = parseRef(link.slice(1));
    if (await this.loadFields(other)) {
      throw new ParentConflictError(ref.id, shownKey(other));
    }
    // Nobody waits for it any more.
    const { changes, delivery } = this.context.peer(ref);
    await delivery.settle(await changes.unlink(ref.id));
  }

  private async loadFields(ref: JobRef): Promise<JobFields | undefined> {
    return (await this.context.peer(ref).inspect.loadJobs([ref.id]))[0]?.record.fields;
  }
}

async function haveArrived({ arrivals }: FlowBegun, targets: ReadonlySet<string>): Promise<boolean> {
  const arrived = await Promise.all([...targets].map((target) => arrivals.get(target) ?? false));
  return arrived.every(Boolean);
}

function hasNamed(nodes: readonly FlowNode[]): boolean {
  return nodes.some(({ named, children }) => named || hasNamed(children));
}

function sizeOf({ messages, refs }: ChildrenPlan, bytes = 0): { weight: number; bytes: number } {
  return {
    weight: messages.length + refs.length,
    bytes: bytes + messages.reduce((sum, { text }) => sum + text.length, 0),
  };
}

function refusal(word: string, parent: JobRef): Error {
  switch (word) {
    case 'missing':
      return new MissingParentError(shownKey(parent));
    case 'stale':
      return new LockLostError(parent.id, 'add children to');
    case 'unreadable':
      return new UnreadableValueError(`Job ${parent.id}`, CHANGED);
    case 'not-active':
      return new WrongStateError(parent.id, 'add children to', 'active');
    default:
      return new InvalidOptionError('reply', word, 'This is a fault of Stepwell: please report it.');
  }
}
