import { Injectable, type CanActivate } from '@nestjs/common';
import { redisIsAway, RedisWatch } from './redis-watch.js';

/** Refuses at once, before anything is read, what needs a Redis that is known to be away. */
@Injectable()
export class RedisUpGuard implements CanActivate {
  constructor(private readonly redis: RedisWatch) {}

  canActivate(): boolean {
    if (this.redis.isAway) throw redisIsAway();
    return true;
  }
}
