import type { FlowJob } from '../job/flow-job.js';
import type { Codec } from '../job/codec.js';
import { decodeJson } from '../job/json.js';
import { refOf } from '../job/job-ref.js';
import type { AddedChild, ChildPage, ChildQuery, JobStore, LoadedJob, LoneWrite } from '../job/job-store.js';
import type { JobWrite } from '../job/job-write.js';
import { systemRuntime } from '../runtime/system-runtime.js';
import { TimeTravelError } from './time-travel-error.js';

const REDIS_NEEDED = 'has no Redis: test this with createTimeTravel.';

/** What a job asks of its queue, where there is none: keeps what one step writes. */
export class StepStore implements JobStore {
  readonly runtime = systemRuntime;
  readonly log: string[] = [];
  readonly progress: unknown[] = [];
  readonly saved: unknown[] = [];
  readonly addedChildren: FlowJob[] = [];
  /** JSON of the job's data, where the step has replaced it. */
  data: string | undefined;
  readonly codec: Codec | undefined = undefined;

  /**
   * @param values results of children, by `prefix:queue:id`
   */
  constructor(
    readonly queueName: string,
    readonly prefix: string,
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  async write(write: JobWrite): Promise<string> {
    const [kind, , , operand, json] = write;
    switch (kind) {
      case 'log':
        return String(this.log.push(operand));
      case 'clear-logs':
        this.log.splice(0, this.log.length - Number(operand));
        return 'ok';
      case 'progress':
        this.progress.push(decodeJson(operand));
        return 'ok';
      case 'emit':
        this.saved.push(decodeJson(json as string));
        return 'ok';
      case 'data':
        this.data = operand;
        return 'ok';
      case 'postpone':
      case 'wait-children':
        return 'ok';
      default:
        return refuse(kind);
    }
  }

  keep(write: JobWrite): Promise<string> {
    return this.write(write);
  }

  keepAlone(write: JobWrite): LoneWrite {
    void this.write(write);
    return () => undefined;
  }

  async children(_id: string, { letters }: ChildQuery): Promise<ChildPage> {
    if (letters !== 'c') {
      return { cursor: 0, children: [] };
    }
    const children = Object.entries(this.values).map(([key, value]) => {
      const at = key.lastIndexOf(':');
      const [queue, id] =
        at < 0 ? [`${this.prefix}:${this.queueName}`, key] : [key.slice(0, at), key.slice(at + 1)];
      return { ref: refOf('children', { id, queue }), letter: 'c', payload: JSON.stringify(value ?? null) };
    });
    return { cursor: 0, children };
  }

  async addChildren(_id: string, _token: string, children: readonly FlowJob[]): Promise<AddedChild[]> {
    this.addedChildren.push(...children);
    return children.map(({ name, queueName, prefix = this.prefix, data, opts = {} }) => ({
      ref: { prefix, queueName, id: opts.jobId ?? '' },
      ...{ name, data, opts, known: false },
    }));
  }

  peer({ prefix, queueName }: { prefix: string; queueName: string }): JobStore {
    return new StepStore(queueName, prefix, {});
  }

  async hasReached(): Promise<boolean> {
    return true;
  }

  async extendLock(): Promise<boolean> {
    return true;
  }

  async loadJob(): Promise<LoadedJob | undefined> {
    return refuse('reading a job');
  }

  readonly removeJob = async (): Promise<string> => refuse('remove');
  readonly retryJob = async (): Promise<string> => refuse('retry');
  readonly promoteJob = async (): Promise<string> => refuse('promote');
  readonly removeDedupKey = async (): Promise<string> => refuse('removeDeduplicationKey');
  readonly changeDelay = async (): Promise<string> => refuse('changeDelay');
  readonly changePriority = async (): Promise<string> => refuse('changePriority');
  readonly signalJob = async (): Promise<string> => refuse('signal');
  readonly cancelJob = async (): Promise<string> => refuse('cancel');
  readonly unlinkChild = async (): Promise<string> => refuse('removeChildDependency');
  readonly removeUnprocessed = async (): Promise<void> => refuse('removeUnprocessedChildren');
}

function refuse(what: string): never {
  throw new TimeTravelError(`A step that runStep runs cannot do ${what}, as it ${REDIS_NEEDED}`);
}
