import { checkLimitName } from '../../job/check.js';
import { InvalidOptionError } from '../../job/errors.js';
import { checkLimit, type LimitOptions } from '../../job/limit.js';
import type { LimitMetadata } from '../interfaces/metadata.interface.js';
import { LIMITS_METADATA } from '../stepwell.constants.js';

/**
 * Names a limit in which the jobs of a `@Processor` class count, or those of one `@Process` method, whose limits go before those
 * of the class; several add up. With numbers, the application also sets the limit when it starts. It holds for every add through the
 * application's injected queue; a job's own option `limits` goes before it.
 *
 * @param limit name of the limit, or a function of a job's data that gives names
 * @param numbers what it allows; without them it has to be there, or adds fail with `UnknownLimitError`
 *
 * @example
 * @Processor('orders')
 * export class OrderProcessor {
 *   @Process('charge')
 *   @Limit('stripe', { concurrency: 5, max: 100, duration: 1000 })
 *   @Limit<Order>((order) => [`shop-${order.shop}`])
 *   charge(job: Job<Order>) { … }
 * }
 */
export function Limit(limit: string, numbers?: LimitOptions): ClassDecorator & MethodDecorator;
// oxlint-disable-next-line typescript/no-explicit-any -- data may be of any type
export function Limit<D = any>(
  limit: (data: D, jobName: string) => readonly string[] | undefined,
): ClassDecorator & MethodDecorator;
export function Limit(
  limit: LimitMetadata['limit'],
  numbers?: LimitOptions,
): ClassDecorator & MethodDecorator {
  if (typeof limit !== 'function') {
    checkLimitName('@Limit', limit);
  } else if (numbers !== undefined) {
    throw new InvalidOptionError(
      '@Limit',
      numbers,
      'Give numbers to a limit by its name: @Limit(name, numbers).',
    );
  }
  if (numbers !== undefined) {
    checkLimit(`@Limit('${String(limit)}')`, numbers);
  }
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const decorated = (descriptor?.value ?? target) as object;
    const present = (Reflect.getOwnMetadata(LIMITS_METADATA, decorated) ?? []) as LimitMetadata[];
    Reflect.defineMetadata(LIMITS_METADATA, [{ limit, numbers }, ...present], decorated);
  };
}
