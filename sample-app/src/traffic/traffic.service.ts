import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { concatMap, interval, takeWhile, type Subscription } from 'rxjs';
import { InjectQueue, type Queue } from 'stepwell';
import { APP_CONFIG, type AppConfig } from '../app-config.js';
import { PULSES } from './pulse.js';

const WAVE_MS = 100;
/** Jobs of the largest wave. */
const MAX_WAVE = 60;
const SWELLS = 2;

/** Adds small jobs in waves for a while, so that there is something to see. */
@Injectable()
export class TrafficService implements OnModuleDestroy {
  private endsAt = 0;
  private waves: Subscription | undefined;

  constructor(
    @InjectQueue(PULSES) private readonly queue: Queue,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Begins, unless it is going on already; returns how long it lasts. */
  start(): { lastsMs: number } {
    if (this.endsAt <= Date.now()) {
      this.endsAt = Date.now() + this.config.trafficMs;
      this.waves = interval(WAVE_MS)
        .pipe(
          takeWhile(() => Date.now() < this.endsAt),
          concatMap(() => this.wave()),
        )
        .subscribe({ error: () => (this.endsAt = 0) }); // The queue tells of outages.
    }
    return { lastsMs: this.endsAt - Date.now() };
  }

  onModuleDestroy(): void {
    this.waves?.unsubscribe();
  }

  private wave(): Promise<unknown> {
    const done = 1 - (this.endsAt - Date.now()) / this.config.trafficMs;
    const size = Math.round((MAX_WAVE * (1 - Math.cos(done * SWELLS * 2 * Math.PI))) / 2);
    return this.queue.addBulk(Array.from({ length: size }, () => ({ name: 'beat', data: {} })));
  }
}
