import { checkInteger } from './check.js';
import type { Codec } from './codec.js';
import { JobNotFoundError, MissingParentError } from './errors.js';
import { decodeJson, decodeValue } from './json.js';
import type { JobsOptions } from './job-options.js';
import type { JobProgress } from './job-progress.js';
import { queueOf, shownKey } from './job-ref.js';
import { refuseUnknown } from './known-names.js';
import { ofLife } from './job-life.js';
import { JobSnapshot } from './job-snapshot.js';
import type { Runtime } from '../runtime/runtime.js';
import type { JobStore, LoadedJob } from './job-store.js';

/** Where to read children on: `cursor` 0 at first, then what the page says; `count` how many at most, by default 20. */
export interface DependencyOptions {
  cursor?: number;
  count?: number;
}

/** Which children to read. */
export interface DependenciesOptions {
  /** Those that completed. */
  processed?: DependencyOptions;
  /** Those that have not ended. */
  unprocessed?: DependencyOptions;
  /** Those that failed although the job goes on. */
  ignored?: DependencyOptions;
  /** Those that failed, and the job with them. */
  failed?: DependencyOptions;
}

/** Children by what has become of them; keys are `prefix:queue:id`. A next cursor of 0 says that there are no more. */
export interface Dependencies {
  /** Results of those that completed. */
  processed?: Record<string, any>;
  nextProcessedCursor?: number;
  unprocessed?: string[];
  nextUnprocessedCursor?: number;
  /** Reasons of those that failed although the job goes on. */
  ignored?: Record<string, any>;
  nextIgnoredCursor?: number;
  /** Those that failed, and the job with them. */
  failed?: string[];
  nextFailedCursor?: number;
}

type Kind = keyof DependenciesOptions;

const LETTERS: Record<Kind, string> = { processed: 'c', unprocessed: 'p', ignored: 'i', failed: 'f' };
const KINDS = Object.keys(LETTERS) as Kind[];
const PAGE = 20;
/** Children that one call reads at most. */
const CALL = 500;

/** The children of a job and its parent. */
export abstract class JobRelatives<
  D = any,
  R = any,
  N extends string = string,
  P extends JobProgress = JobProgress,
> extends JobSnapshot<D, R, N, P> {
  /** @internal */
  protected readonly store: JobStore;

  /** @internal Use `queue.add` or `queue.getJob`. */
  constructor(store: JobStore, id: string, name: N, data: D, opts: JobsOptions, timestamp: number) {
    super(id, name, data, opts, timestamp);
    this.store = store;
  }

  /** @internal */
  get runtime(): Runtime {
    return this.store.runtime;
  }

  /** @internal How the values of the queue are stored. */
  get codec(): Codec | undefined {
    return this.store.codec;
  }

  /**
   * Results of the children that have completed, by `prefix:queue:id`. They stay with this job when a child is removed.
   *
   * @example
   * const prices = Object.values(await job.getChildrenValues<number>());
   */
  async getChildrenValues<CT = any>(): Promise<Record<string, CT>> {
    return Object.fromEntries(await this.read('processed')) as Record<string, CT>;
  }

  /** Reasons of children that failed although this job goes on: `ignoreDependencyOnFailure`, `continueParentOnFailure`. */
  async getIgnoredChildrenFailures(): Promise<Record<string, string>> {
    return Object.fromEntries(await this.read('ignored')) as Record<string, string>;
  }

  /** @deprecated Use `getIgnoredChildrenFailures`. */
  getFailedChildrenValues(): Promise<Record<string, string>> {
    return this.getIgnoredChildrenFailures();
  }

  /** All children, or those of some kinds in pages. */
  async getDependencies(opts: DependenciesOptions = {}): Promise<Dependencies> {
    refuseUnknown('getDependencies option', opts, KINDS);
    const asked = KINDS.filter((kind) => opts[kind]);
    const found: Record<string, unknown> = {};
    for (const kind of asked.length > 0 ? asked : KINDS) {
      const page = opts[kind];
      const { entries, cursor } = page
        ? await this.readPage(kind, page)
        : { entries: [...(await this.read(kind))], cursor: undefined };
      const isList = kind === 'unprocessed' || kind === 'failed';
      found[kind] = isList ? entries.map(([key]) => key) : Object.fromEntries(entries);
      if (cursor !== undefined) {
        found[`next${kind[0]!.toUpperCase()}${kind.slice(1)}Cursor`] = cursor;
      }
    }
    return found;
  }

  /** How many children there are of each kind, or of those asked for. Reads through all of them. */
  async getDependenciesCount(
    opts: Partial<Record<Kind, boolean>> = {},
  ): Promise<Partial<Record<Kind, number>>> {
    refuseUnknown('getDependenciesCount option', opts, KINDS);
    const asked = KINDS.filter((kind) => opts[kind]);
    const counts: Partial<Record<Kind, number>> = {};
    for (const kind of asked.length > 0 ? asked : KINDS) {
      counts[kind] = (await this.read(kind, false)).size;
    }
    return counts;
  }

  /**
   * Lets the parent of this job no longer wait for it. Returns whether it did wait. Throws `MissingParentError` when the
   * parent is gone, `JobNotFoundError` when this job is.
   */
  async removeChildDependency(): Promise<boolean> {
    const { parent } = this;
    if (!parent) {
      return false;
    }
    if (!(await this.store.peer(queueOf(parent.queueKey)).loadJob(parent.id))) {
      throw new MissingParentError(this.parentKey!);
    }
    const word = await this.store.unlinkChild(this.named);
    if (word === 'missing') {
      throw new JobNotFoundError(this.id, 'remove the dependency of');
    }
    if (word === 'ok') {
      this.parent = undefined;
    }
    return word === 'ok';
  }

  /** Removes the children that have not been started, and what is below them. */
  removeUnprocessedChildren(): Promise<void> {
    return this.store.removeUnprocessed(this.id);
  }

  /** @internal What is stored of it now, undefined when it is gone. */
  protected async load(): Promise<LoadedJob | undefined> {
    return ofLife(await this.store.loadJob(this.id), this.life);
  }

  private async read(kind: Kind, values = true): Promise<Map<string, unknown>> {
    const found = new Map<string, unknown>();
    let cursor = 0;
    do {
      const page = await this.store.children(this.id, { letters: LETTERS[kind], values, cursor });
      for (const { ref, payload } of page.children) {
        found.set(shownKey(ref), this.decode(kind, payload));
      }
      cursor = page.cursor;
    } while (cursor !== 0);
    return found;
  }

  /** What a child brought: a result, or the reason of its failure. */
  private decode(kind: Kind, payload: string): unknown {
    if (payload === '') {
      return undefined;
    }
    return kind === 'processed'
      ? decodeValue("A child's result", payload, this.store.codec)
      : decodeJson(payload);
  }

  private async readPage(
    kind: Kind,
    options: DependencyOptions,
  ): Promise<{ entries: [string, unknown][]; cursor: number }> {
    refuseUnknown(`${kind}.`, options, ['cursor', 'count']);
    const { cursor = 0, count = PAGE } = options;
    checkInteger(`${kind}.cursor`, cursor, 0);
    checkInteger(`${kind}.count`, count, 1);
    const entries = new Map<string, unknown>();
    let next = cursor;
    do {
      const page = await this.store.children(this.id, {
        ...{ letters: LETTERS[kind], values: true },
        ...{ cursor: next, count: Math.min(count - entries.size, CALL) },
      });
      for (const { ref, payload } of page.children) {
        entries.set(shownKey(ref), this.decode(kind, payload));
      }
      next = page.cursor;
    } while (next !== 0 && entries.size < count);
    return { entries: [...entries], cursor: next };
  }
}
