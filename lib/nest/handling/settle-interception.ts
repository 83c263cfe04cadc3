import { Observable, type Subscriber } from 'rxjs';
import type { HandlerCall } from './handler-call.js';

/**
 * What interceptors make of a handler, which is an Observable always. Where the handler itself returns one, its emissions
 * are to be seen as they come: the promise then resolves to an Observable of them at once. Else it resolves to the last value.
 */
export function settleInterception(source: Observable<unknown>, call: HandlerCall): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let last: { value: unknown } | undefined;
    let isStream = false;
    let out: Subscriber<unknown> | undefined;
    /** What comes before the worker subscribes. */
    const early: ((to: Subscriber<unknown>) => void)[] = [];
    const pass = (notify: (to: Subscriber<unknown>) => void): void => {
      if (out) notify(out);
      else early.push(notify);
    };

    call.streams = () => {
      if (isStream) return;
      isStream = true;
      if (last) early.push((to) => to.next(last?.value));
      resolve(
        new Observable((subscriber) => {
          out = subscriber;
          early.splice(0).forEach((notify) => notify(subscriber));
          return () => subscription.unsubscribe();
        }),
      );
    };
    const subscription = source.subscribe({
      next: (value) => {
        if (isStream) pass((to) => to.next(value));
        else last = { value };
      },
      error: (error: unknown) => {
        if (isStream) pass((to) => to.error(error));
        else reject(error as Error);
      },
      complete: () => {
        if (isStream) pass((to) => to.complete());
        else resolve(last?.value);
      },
    });
  });
}
