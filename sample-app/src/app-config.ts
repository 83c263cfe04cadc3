import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** What the app is told from outside. */
export interface AppConfig {
  redisUrl: string;
  /** Start of all keys in Redis. */
  prefix: string;
  /** Folder of uploads and pictures. */
  dataFolder: string;
  /** Pause after each picture, so that one can watch the progress of work that takes a blink. */
  paceMs: number;
  /** First pause before a failed photo is tried again; it doubles each time. */
  retryMs: number;
  /** How long traffic lasts that is asked for. */
  trafficMs: number;
}

export const APP_CONFIG = Symbol('APP_CONFIG');

export function configFromEnvironment(redisUrl: string, environment = process.env): AppConfig {
  return {
    redisUrl,
    prefix: 'stepwell-photos',
    dataFolder: environment['STEPWELL_DATA'] ?? join(tmpdir(), `stepwell-photos-${userInfo().username}`),
    paceMs: Number(environment['STEPWELL_PACE_MS'] ?? 350),
    retryMs: 1000,
    trafficMs: 20_000,
  };
}
