import { RedisReplyError } from '../job/errors.js';
import type { Runtime } from '../runtime/runtime.js';
import { systemRuntime } from '../runtime/system-runtime.js';
import type { RedisClient } from './client.js';
import type { QueueKeys } from './queue-keys.js';
import { toStepwellError } from './redis-failure.js';
import type { Script } from './script.js';

type Rest<HasRest extends boolean> = HasRest extends true ? [rest: readonly string[]] : [];

/** Runs Lua commands for one queue: by their hash, or with their text where the server does not know them yet. */
export class ScriptRunner {
  private readonly heads = new Map<string, readonly (string | number)[]>();

  constructor(
    readonly client: RedisClient,
    readonly keys: QueueKeys,
    readonly runtime: Runtime = systemRuntime,
  ) {}

  async run<Args extends readonly (string | number)[], HasRest extends boolean>(
    script: Script<Args, HasRest>,
    args: Readonly<Args>,
    ...[rest = []]: Rest<HasRest>
  ): Promise<unknown> {
    const tail = [...this.head(script), ...this.timed(script, args), ...rest];
    try {
      return await this.send('evalsha', [script.sha, ...tail]);
    } catch (error) {
      if (!isUnknownScript(error)) {
        throw this.failure(script.name, error);
      }
    }
    try {
      return await this.send('eval', [script.lua, ...tail]);
    } catch (error) {
      throw this.failure(script.name, error);
    }
  }

  /** A server that refuses names neither what was asked nor for which queue. */
  failure(what: string, error: unknown): Error {
    const known = toStepwellError(error, this.client);
    return known instanceof RedisReplyError && known.message.startsWith('NOPERM')
      ? new RedisReplyError(
          `${what} is refused on the queue ${this.keys.queueName} (${this.keys.base}*): ${known.message}`,
        )
      : known;
  }

  /** Scripts are handed the time where it is not that of Redis. */
  private timed(
    script: Script<any, boolean>,
    args: readonly (string | number)[],
  ): readonly (string | number)[] {
    const now = script.isTimed && args[0] === 0 ? this.runtime.scriptTime() : 0;
    return now === 0 ? args : [now, ...args.slice(1)];
  }

  private head(script: Script<readonly (string | number)[], boolean>): readonly (string | number)[] {
    let head = this.heads.get(script.name);
    if (!head) {
      head = [script.keys.length, ...script.keys.map((key) => this.keys.of(key))];
      this.heads.set(script.name, head);
    }
    return head;
  }

  /** One list instead of many arguments: the client flattens it, and a list may be longer than a call's arguments. */
  private send(name: 'eval' | 'evalsha', args: (string | number)[]): Promise<unknown> {
    const client = this.client as unknown as Record<
      typeof name,
      (list: (string | number)[]) => Promise<unknown>
    >;
    return client[name](args);
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
