import type { Codec } from '../job/codec.js';
import { encodeJson } from '../job/json.js';

/** As much of an Observable as is needed here. */
export interface ObservableLike<T = unknown> {
  subscribe(observer: { next: (value: T) => void; error: (error: unknown) => void; complete: () => void }): {
    unsubscribe(): void;
  };
}

/** As rxjs decides it, also for an Observable of another copy of rxjs. */
export function isObservable(value: unknown): value is ObservableLike {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { lift, subscribe } = value as { lift?: unknown; subscribe?: unknown };
  return typeof lift === 'function' && typeof subscribe === 'function';
}

/**
 * Subscribes, saves what is emitted, and resolves with the last value once the Observable has completed; rejects with its
 * error. One save is on its way at a time: what is emitted meanwhile gives way to later values, and the last before an
 * error is always saved. A refused save and an abort end the subscription.
 * @param isSaved whether a value is one to save; one that is not may still be the last
 */
export function followObservable(
  source: ObservableLike,
  signal: AbortSignal,
  save: (value: unknown, json: string) => Promise<void>,
  codec?: Codec,
  isSaved: (value: unknown) => boolean = () => true,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    let next: { value: unknown; json: string } | undefined;
    let saving = false;
    let isOver = false;
    let whenSaved: (() => void) | undefined;
    let subscription = undefined as { unsubscribe(): void } | undefined;

    const end = (settle: () => void): void => {
      if (!isOver) {
        isOver = true;
        signal.removeEventListener('abort', onAbort);
        subscription?.unsubscribe();
        settle();
      }
    };
    const fail = (error: unknown): void => end(() => reject(error as Error));
    const onAbort = (): void => fail(signal.reason);
    const saveNext = (): void => {
      if (saving || next === undefined) {
        if (!saving) whenSaved?.();
        return;
      }
      const { value, json } = next;
      next = undefined;
      saving = true;
      save(value, json).then(
        () => {
          saving = false;
          saveNext();
        },
        (error: unknown) => {
          saving = false;
          whenSaved = undefined;
          fail(error);
        },
      );
    };

    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) {
      onAbort();
      return;
    }
    subscription = source.subscribe({
      next: (value) => {
        if (isOver || whenSaved) return;
        try {
          next = isSaved(value)
            ? { value, json: encodeJson('An emitted value', value, 'null', codec) }
            : undefined;
          last = value;
          saveNext();
        } catch (error) {
          fail(error);
        }
      },
      error: (error) => {
        if (isOver || whenSaved) return;
        whenSaved = () => fail(error);
        saveNext();
      },
      complete: () => {
        if (isOver || whenSaved) return;
        // The last value is the result: it is saved with what ends the run or step.
        next = undefined;
        whenSaved = () => end(() => resolve(last));
        saveNext();
      },
    });
    if (isOver) {
      subscription.unsubscribe();
    }
  });
}
