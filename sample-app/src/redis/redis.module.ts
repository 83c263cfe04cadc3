import { Global, Module } from '@nestjs/common';
import { RedisWatch } from './redis-watch.js';

@Global()
@Module({ providers: [RedisWatch], exports: [RedisWatch] })
export class RedisModule {}
