import { Module, type DynamicModule } from '@nestjs/common';
import { BoardController } from './board.controller.js';
import { BoardStream } from './board-stream.js';
import { Metrics } from './metrics.js';

@Module({})
export class BoardModule {
  /** Shows what the queues of `photos` do. */
  static with(photos: DynamicModule): DynamicModule {
    return {
      module: BoardModule,
      imports: [photos],
      controllers: [BoardController],
      providers: [BoardStream, Metrics],
    };
  }
}
