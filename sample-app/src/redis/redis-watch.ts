import { setTimeout as pause } from 'node:timers/promises';
import {
  Injectable,
  ServiceUnavailableException,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import {
  BehaviorSubject,
  distinctUntilChanged,
  exhaustMap,
  filter,
  interval,
  startWith,
  Subscription,
} from 'rxjs';
import { ConnectionError, StepwellRegistry } from 'stepwell';

const LOOK_EVERY_MS = 1000;
/** How long an answer may take before Redis counts as away. */
const ANSWER_WITHIN_MS = 1500;

export type RedisState = 'up' | 'away';
/** Jobs by queue and state. */
export type Counts = Record<string, Record<string, number>>;

/**
 * Looks at Redis every second, so that others need not wait to find out that it does not answer. It may be gone, or hang:
 * connected, and silent.
 */
@Injectable()
export class RedisWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly state = new BehaviorSubject<RedisState | undefined>(undefined);
  private readonly looking = new Subscription();
  private lastCounts: Counts = {};
  /** Whether a look is under way. */
  private isOwed = false;

  constructor(private readonly registry: StepwellRegistry) {}

  /** How Redis is, as soon as that is known, and then each change of it. Completes when the application ends. */
  readonly state$ = this.state.pipe(
    filter((state) => state !== undefined),
    distinctUntilChanged(),
  );

  get isAway(): boolean {
    return this.state.value === 'away';
  }

  /** What the queues hold; the last known while Redis is away. */
  get counts(): Counts {
    return this.lastCounts;
  }

  onApplicationBootstrap(): void {
    // While an answer is owed no other is asked for: a Redis that hangs gets no heap of questions.
    this.looking.add(
      interval(LOOK_EVERY_MS)
        .pipe(
          startWith(0),
          exhaustMap(() => this.look()),
        )
        .subscribe(),
    );
  }

  onModuleDestroy(): void {
    this.looking.unsubscribe();
    this.state.complete();
  }

  /**
   * What a call of the engine comes to, within a time that people wait for.
   *
   * @throws {ServiceUnavailableException} where Redis does not answer; what was asked for may still happen later
   */
  async answer<T>(call: Promise<T>): Promise<T> {
    try {
      const answer = await inTime(call);
      if (answer !== LATE) return answer;
      // What is slow by itself says nothing of Redis; that the last look has come to nothing either does.
      if (!this.isOwed && !this.isAway)
        throw new ServiceUnavailableException('This takes too long: try again.');
    } catch (error) {
      if (!(error instanceof ConnectionError) && !this.isAway) throw error;
    }
    this.state.next('away');
    throw redisIsAway();
  }

  private async look(): Promise<void> {
    this.isOwed = true;
    const counting = this.count().then(
      (counts) => {
        this.lastCounts = counts;
        return true;
      },
      () => false,
    );
    if ((await inTime(counting)) === LATE) this.state.next('away');
    const isUp = await counting;
    this.isOwed = false;
    this.state.next(isUp ? 'up' : 'away');
  }

  private async count(): Promise<Counts> {
    const counts = this.registry.getQueues().map(async (queue) => {
      return [queue.name, await queue.getJobCounts()] as const;
    });
    return Object.fromEntries(await Promise.all(counts));
  }
}

export function redisIsAway(): ServiceUnavailableException {
  return new ServiceUnavailableException('Redis is away: nothing can be done until it is back.');
}

const LATE = Symbol('late');

async function inTime<T>(call: Promise<T>): Promise<T | typeof LATE> {
  const timer = new AbortController();
  const late = pause(ANSWER_WITHIN_MS, LATE, { signal: timer.signal });
  late.catch(() => {}); // Aborted when it is not needed any more.
  try {
    return await Promise.race([call, late]);
  } finally {
    timer.abort();
    call.catch(() => {}); // Nobody waits for what comes late.
  }
}
