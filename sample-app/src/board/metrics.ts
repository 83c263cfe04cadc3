import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Subject, interval, takeUntil, type Observable } from 'rxjs';
import { StepwellRegistry } from 'stepwell';
import { RedisWatch } from '../redis/redis-watch.js';
import type { Tick } from './board-message.js';
import { MetricsWindow } from './metrics-window.js';

const TICK_MS = 1000;
const KEPT_TICKS = 60;

/** Every second: what all queues of the application did, whichever process did it, and how many jobs they hold. */
@Injectable()
export class Metrics implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly window = new MetricsWindow();
  private readonly kept: Tick[] = [];
  private readonly ticks = new Subject<Tick>();
  private readonly ended = new Subject<void>();

  constructor(
    private readonly registry: StepwellRegistry,
    private readonly redis: RedisWatch,
  ) {}

  /** Completes when the application ends. */
  get ticks$(): Observable<Tick> {
    return this.ticks.asObservable();
  }

  /** The last minute, the oldest first. */
  history(): Tick[] {
    return [...this.kept];
  }

  onApplicationBootstrap(): void {
    for (const { name } of this.registry.getQueues()) {
      this.registry.getEvents(name).all$.subscribe((event) => this.window.add(name, event));
    }
    interval(TICK_MS)
      .pipe(takeUntil(this.ended))
      .subscribe(() => this.tell({ at: Date.now(), ...this.window.take(), counts: this.redis.counts }));
  }

  onModuleDestroy(): void {
    this.ended.next();
    this.ticks.complete();
  }

  private tell(tick: Tick): void {
    this.kept.push(tick);
    if (this.kept.length > KEPT_TICKS) this.kept.shift();
    this.ticks.next(tick);
  }
}
