import { type AddFlowEntry, decodeGetChildrenReply } from '../job/wire.generated.js';
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
import type { ChildPage, ChildQuery } from '../job/job-store.js';
import { within } from '../runtime/within.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import { getChildren, stageFlow } from '../redis/scripts.generated.js';
import type { Calls } from './calls.js';
import type { Awaited } from './queue-relay.js';
import type { Durability } from './durability.js';
import { FlowBatch, type FlowBegun } from './flow-batch.js';
import { type ChildrenPlan, type FlowMessage, planChildren } from './flow-messages.js';
import type { FlowNode } from './flow-node.js';
import type { Lifetime } from './lifetime.js';
import type { Patience } from './patience.js';
import type { OutboxRelay } from './outbox-relay.js';

/** A flow that is put aside and not gone on with for so long is taken back. */
const CHILDREN_PER_PAGE = 500;
const STAGED_MS = 60_000;
const STAGE_MESSAGES = 400;
const STAGE_BYTES = 256 * 1024;

/** What the check of ids needs of other queues. */
export interface FlowPeers {
  loadFields(ref: JobRef): Promise<JobFields | undefined>;
  unlinkChild(ref: JobRef): Promise<unknown>;
}

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
  private readonly batch: FlowBatch;

  constructor(
    private readonly runner: ScriptRunner,
    private readonly base: string,
    private readonly outboxRelay: OutboxRelay,
    private readonly peers: FlowPeers,
    private readonly calls: Calls,
    private readonly patience: Patience,
    lifetime: Lifetime,
    backlog: number,
    durability?: Durability,
  ) {
    this.batch = new FlowBatch(runner, base, patience, lifetime, backlog, durability);
  }

  /** Adds a whole tree whose root is in this queue. Returns false when a job with its id is there: nothing is added then. */
  async addRoot(root: FlowNode): Promise<boolean> {
    await this.checkParents(root.children, root.ref);
    const plan = planChildren(this.base, root.ref.id, root.children);
    const begun = await this.begin(
      (rest) => ['root', root.ref.id, root.spec, root.body, ...rest],
      root.body.length,
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
    const { prefix, queueName } = parseRef(`${this.base}\t${parentId}`);
    const parent = { prefix, queueName, id: parentId };
    await this.checkParents(children, parent);
    const plan = planChildren(this.base, parentId, children);
    if (!FlowBatch.fits(sizeOf(plan))) {
      // What is put aside is taken whole: what is there already is left out before.
      const there = await this.childRefs(parentId);
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

  /** Some of a job's children; see `JobStore.children`. */
  async children(
    id: string,
    { letters, values, cursor, count = CHILDREN_PER_PAGE }: ChildQuery,
  ): Promise<ChildPage> {
    const args = [id, cursor, letters, values ? 1 : 0, count] as const;
    const reply = await this.calls.read(() => this.runner.run(getChildren, args));
    const page = decodeGetChildrenReply(reply);
    const children = page.children.map(({ ref, value }) => ({
      ...{ ref: parseRef(ref), letter: value[0]!, payload: value.slice(1) },
    }));
    return { cursor: page.cursor, children };
  }

  private async childRefs(id: string): Promise<Set<string>> {
    const refs = new Set<string>();
    let cursor = 0;
    do {
      const page = await this.children(id, { letters: 'pcif', values: false, cursor });
      page.children.forEach(({ ref }) => refs.add(refText(ref)));
      cursor = page.cursor;
    } while (cursor !== 0);
    return refs;
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
      await this.delivered(
        begun.flow ? { flow: begun.flow } : { targets: new Set(messages.map(({ target }) => target)) },
      );
    }
    return begun;
  }

  /** What is all for this queue is not only posted by the call, but brought. */
  private weightOf({ messages, refs }: ChildrenPlan): number {
    const isHere = messages.every(({ target }) => target === this.base);
    return refs.length + messages.reduce((sum, { weight }) => sum + (isHere ? weight : 1), 0);
  }

  private async stage(messages: readonly FlowMessage[]): Promise<string> {
    const id = this.runner.runtime.uuid();
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
      const word = await this.calls.repeatable(() =>
        this.runner.run(stageFlow, [0, id, at, STAGED_MS], texts),
      );
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
    const queueRelay = this.outboxRelay.queueRelay(this.base);
    let over = false;
    const done = queueRelay.delivered(awaited).then(() => (over = true));
    for (let before = -1; !over && queueRelay.progress > before;) {
      before = queueRelay.progress;
      await within(this.runner.runtime, this.patience.limitMs, done);
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
    const { parent: link, state } = (await this.peers.loadFields(ref)) ?? {};
    const settled = state === 'completed' || (state === 'failed' && link?.[0] !== '-');
    if (link === undefined || settled || link.slice(1) === refText(parent)) {
      return;
    }
    const other = parseRef(link.slice(1));
    if (await this.peers.loadFields(other)) {
      throw new ParentConflictError(ref.id, shownKey(other));
    }
    // Nobody waits for it any more.
    await this.peers.unlinkChild(ref);
  }
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
