import { RedisReplyError } from '../job/errors.js';
import type { Runtime } from '../runtime/runtime.js';
import { systemRuntime } from '../runtime/system-runtime.js';
import type { RedisClient } from './client.js';
import type { QueueKeys } from './queue-keys.js';
import { toStepwellError } from './redis-failure.js';
import { ScriptHost } from './script-host.js';
import type { Script } from './script.js';

type Word = string | number;
type Texts = readonly string[] | undefined;
type Following<Rest extends Texts> = Rest extends undefined ? [] : [rest: Rest];
type AnyScript = Script<any, any, any>;

/** Runs Lua commands for one queue: as functions where the server has them, else by their hash or with their text. */
export class ScriptRunner {
  /** How many calls had to be sent again since the server did not take them, so that later ones may have run before them. */
  repeats = 0;
  private readonly host: ScriptHost;
  private readonly keyWords: readonly Word[];
  private readonly monotonicMs: () => number;

  constructor(
    readonly client: RedisClient,
    readonly keys: QueueKeys,
    readonly runtime: Runtime = systemRuntime,
  ) {
    this.host = ScriptHost.of(client);
    // Others are spelled from the first. The second is never there: while the queue's slot moves to another server of a
    // cluster, one that has a part of the keys refuses the call.
    this.keyWords = [2, keys.of('meta'), keys.of('gate')];
    this.monotonicMs = () => this.runtime.monotonicMs();
  }

  async run<Args extends readonly Word[], Rest extends Texts, Reply>(
    script: Script<Args, Rest, Reply>,
    args: Readonly<Args>,
    ...[rest = []]: Following<Rest>
  ): Promise<Reply> {
    const fixed = this.timed(script, args);
    // The first word says what is called, and is set for each try.
    const words: Word[] = script.takesRest
      ? ['', ...this.keyWords, ...fixed, rest.length, ...rest]
      : ['', ...this.keyWords, ...fixed];
    if (script.fn !== undefined && this.host.hasFunctions(this.monotonicMs)) {
      try {
        return (await this.send('fcall', script.fn, words)) as Reply;
      } catch (error) {
        return this.repeat(script, words, error) as Promise<Reply>;
      }
    }
    return this.runScript(script, words) as Promise<Reply>;
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
  private timed(script: AnyScript, args: readonly Word[]): readonly Word[] {
    const now = script.isTimed && args[0] === 0 ? this.runtime.scriptTime() : 0;
    return now === 0 ? args : [now, ...args.slice(1)];
  }

  /** After a call of a function that failed: once more as a function where it was not there, or as a script. */
  private async repeat(script: AnyScript, words: Word[], failure: unknown): Promise<unknown> {
    let error = failure;
    if (!(await this.host.isToRepeat(error, this.monotonicMs))) {
      throw this.failure(script.name, error);
    }
    this.repeats += 1;
    if (this.host.hasFunctions(this.monotonicMs)) {
      try {
        return await this.send('fcall', script.fn as string, words);
      } catch (again) {
        error = again;
      }
      if (isMissing(error)) {
        this.host.lost(this.monotonicMs);
      } else if (!(await this.host.isToRepeat(error, this.monotonicMs))) {
        throw this.failure(script.name, error);
      }
    }
    return this.runScript(script, words);
  }

  private async runScript(script: AnyScript, words: Word[]): Promise<unknown> {
    try {
      return await this.send('evalsha', script.sha, words);
    } catch (error) {
      if (!isMissing(error)) {
        throw this.failure(script.name, error);
      }
    }
    this.repeats += 1;
    try {
      return await this.send('eval', script.lua, words);
    } catch (error) {
      if (!(await this.host.isScriptLoaded(script.lua, error))) {
        throw this.failure(script.name, error);
      }
    }
    try {
      return await this.send('evalsha', script.sha, words);
    } catch (error) {
      throw this.failure(script.name, error);
    }
  }

  /** One list instead of many arguments: the client flattens it, and a list may be longer than a call's arguments. */
  private send(name: 'eval' | 'evalsha' | 'fcall', what: string, words: Word[]): Promise<unknown> {
    const client = this.client as unknown as Record<typeof name, (list: Word[]) => Promise<unknown>>;
    words[0] = what;
    return client[name](words);
  }
}

/** The server does not know what was called: it has not run. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && /^NOSCRIPT|^ERR Function not found/.test(error.message);
}
