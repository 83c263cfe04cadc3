import type { INestApplicationContext, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getQueueToken, StepwellModule, type Queue, type QueueOptions } from 'stepwell';
import { randomPrefix } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';

/** Keeps what an application logs, a line each, such as `warn Stepwell: text`. */
export class LogLines implements LoggerService {
  readonly lines: string[] = [];
  readonly log = this.keeper('log');
  readonly error = this.keeper('error');
  readonly warn = this.keeper('warn');
  readonly debug = this.keeper('debug');

  private keeper(level: string): (message: unknown, ...rest: unknown[]) => void {
    return (message, ...rest) => void this.lines.push(`${level} ${String(rest.at(-1))}: ${String(message)}`);
  }
}

/** Shared options with a prefix that no other test uses. */
export function sharedOptions(): QueueOptions {
  return { connection: testRedisUrl(), prefix: randomPrefix() };
}

/** An application that is not initialized yet, with shared options unless the test has its own. */
export async function compileApp(
  metadata: ModuleMetadata,
  { root = true, log = new LogLines() }: { root?: boolean; log?: LogLines } = {},
): Promise<INestApplicationContext> {
  const imports = [...(root ? [StepwellModule.forRoot(sharedOptions())] : []), ...(metadata.imports ?? [])];
  return Test.createTestingModule({ ...metadata, imports })
    .setLogger(log)
    .compile();
}

/** An application with running workers. */
export async function startApp(...args: Parameters<typeof compileApp>): Promise<INestApplicationContext> {
  const app = await compileApp(...args);
  return app.init();
}

export function queueOf<Data = unknown, Result = unknown>(app: INestApplicationContext, name: string) {
  return app.get<Queue<Data, Result>>(getQueueToken(name));
}
