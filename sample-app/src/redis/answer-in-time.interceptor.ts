import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { RedisWatch } from './redis-watch.js';

/** A route that waits for a Redis that fell silent is a 503, not a wait without end. */
@Injectable()
export class AnswerInTime implements NestInterceptor {
  constructor(private readonly redis: RedisWatch) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(this.redis.answer(lastValueFrom(next.handle(), { defaultValue: undefined })));
  }
}
