import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOOPBACK_NAMES } from './http/own-site-only.js';

/** What the app is told from outside. */
export interface AppConfig {
  redisUrl: string;
  /** Start of all keys in Redis. */
  prefix: string;
  /** Folder of uploads and pictures, of this Redis alone: what no job of it names is removed when room is needed. */
  dataFolder: string;
  /** Bytes that uploads and pictures may take together. */
  maxStoredBytes: number;
  /** Address that it listens on. */
  host: string;
  /** Names under which the app is served, without a port. */
  hosts: readonly string[];
  /** Pause after each picture, so that one can watch the progress of work that takes a blink. */
  paceMs: number;
  /** First pause before a failed photo is tried again; it doubles each time. */
  retryMs: number;
  /** How long traffic lasts that is asked for. */
  trafficMs: number;
}

export const APP_CONFIG = Symbol('APP_CONFIG');

const MEGABYTE = 1024 * 1024;

/**
 * Reads the environment: `STEPWELL_DATA` names a folder that stays; without it there is a new one, with a name that
 * nobody can guess, in the folder for temporary files. `HOST` is where it listens: by default, other machines cannot reach it.
 * `STEPWELL_HOSTS` names hosts beside those of this machine.
 */
export function configFromEnvironment(redisUrl: string, environment = process.env): AppConfig {
  const hosts = environment['STEPWELL_HOSTS']?.toLowerCase().split(',') ?? [];
  const host = environment['HOST'] ?? '127.0.0.1';
  return {
    redisUrl,
    prefix: 'stepwell-photos',
    dataFolder: environment['STEPWELL_DATA'] ?? mkdtempSync(join(tmpdir(), 'stepwell-photos-')),
    maxStoredBytes: Number(environment['STEPWELL_MAX_MB'] ?? 512) * MEGABYTE,
    host,
    hosts: [...LOOPBACK_NAMES, host, ...hosts.map((name) => name.trim())],
    paceMs: Number(environment['STEPWELL_PACE_MS'] ?? 350),
    retryMs: 2000,
    trafficMs: 20_000,
  };
}
