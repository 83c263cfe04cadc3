import type { Timer } from '../runtime/runtime.js';
import { checkNumber, LONGEST_TIMER_MS } from './check.js';
import { ConnectionClosedError, JobFailedError, JobNotFoundError, WaitTimeoutError } from './errors.js';
import type { JobStore } from './job-store.js';
import { decodeJson, decodeValue } from './json.js';

const LOOK_AGAIN_MS = 2000;

/** What `waitUntilFinished` needs of `QueueEvents`. */
export interface FinishSource {
  on(event: any, listener: (...args: any[]) => void): unknown;
  off(event: any, listener: (...args: any[]) => void): unknown;
}

type Outcome<R> = { result: R } | { failure: Error };

async function storedOutcome<R>(store: JobStore, id: string): Promise<Outcome<R> | undefined> {
  const loaded = await store.loadJob(id);
  if (!loaded) {
    return { failure: new JobNotFoundError(id, 'wait for') };
  }
  const { fields } = loaded.record;
  if (loaded.state === 'completed') {
    return { result: decodeValue<R>('The result', fields.result ?? 'null', store.codec) };
  }
  if (loaded.state === 'failed') {
    return { failure: new JobFailedError(id, decodeJson<string>(fields.failedReason ?? '""')) };
  }
  return undefined;
}

/** See `Job.waitUntilFinished`. */
export async function waitUntilFinished<R>(
  store: JobStore,
  id: string,
  events: FinishSource,
  ttl?: number,
): Promise<R> {
  if (ttl !== undefined) {
    checkNumber('ttl', ttl, 0, LONGEST_TIMER_MS);
  }
  const { runtime } = store;
  return new Promise<R>((resolve, reject) => {
    let gone: Timer | undefined;
    const settle = (outcome: Outcome<R>): void => {
      events.off(`completed:${id}`, onCompleted);
      events.off(`failed:${id}`, onFailed);
      events.off('closing', onClosing);
      deadline?.cancel();
      again.cancel();
      gone?.cancel();
      if ('failure' in outcome) {
        reject(outcome.failure);
      } else {
        resolve(outcome.result);
      }
    };
    // A large result is left out of its event.
    const onCompleted = ({ returnvalue }: { returnvalue?: R }): void =>
      returnvalue === undefined ? look() : settle({ result: returnvalue });
    const onFailed = ({ failedReason }: { failedReason: string }): void =>
      settle({ failure: new JobFailedError(id, failedReason) });
    const onClosing = (): void =>
      settle({ failure: new ConnectionClosedError('The queue events were closed.') });
    const look = (): void => {
      // A job that its retention removed at once leaves only its event: give that one a moment before saying it is gone.
      storedOutcome<R>(store, id).then(
        (outcome) => {
          if (outcome && missing(outcome)) {
            gone ??= runtime.setTimer(() => settle(outcome), LOOK_AGAIN_MS);
          } else if (outcome) {
            settle(outcome);
          }
        },
        (error: unknown) => settle({ failure: error as Error }),
      );
    };
    events.on(`completed:${id}`, onCompleted);
    events.on(`failed:${id}`, onFailed);
    events.on('closing', onClosing);
    const deadline =
      ttl === undefined
        ? undefined
        : runtime.setTimer(() => settle({ failure: new WaitTimeoutError(id, ttl) }), ttl);
    const again = runtime.setRepeating(look, LOOK_AGAIN_MS);
    look();
  });
}

function missing<R>(outcome: Outcome<R>): boolean {
  return 'failure' in outcome && outcome.failure instanceof JobNotFoundError;
}
