import { Module, type DynamicModule } from '@nestjs/common';
import { StepwellModule } from 'stepwell';
import { APP_CONFIG, type AppConfig } from './app-config.js';
import { BoardModule } from './board/board.module.js';
import { BullBoardModule } from './bull-board/bull-board.module.js';
import { HealthModule } from './health/health.module.js';
import { PhotosModule } from './photos/photos.module.js';
import { RedisModule } from './redis/redis.module.js';
import { RecentSpans } from './traces/recent-spans.js';
import { UpkeepModule } from './upkeep/upkeep.module.js';
import { TrafficModule } from './traffic/traffic.module.js';

@Module({})
export class AppModule {
  static with(config: AppConfig): DynamicModule {
    const photos = PhotosModule.with({ retryMs: config.retryMs });
    const spans = new RecentSpans();
    return {
      module: AppModule,
      global: true,
      imports: [
        StepwellModule.forRoot({
          connection: config.redisUrl,
          prefix: config.prefix,
          // The app's own watch over Redis gives up sooner; what is added late all the same is taken back.
          callTimeout: 30_000,
          telemetry: spans.telemetry(),
        }),
        RedisModule,
        photos,
        TrafficModule,
        BoardModule.with(photos),
        UpkeepModule.with(photos),
        BullBoardModule,
        HealthModule,
      ],
      providers: [
        { provide: APP_CONFIG, useValue: config },
        { provide: RecentSpans, useValue: spans },
      ],
      exports: [APP_CONFIG, RecentSpans],
    };
  }
}
