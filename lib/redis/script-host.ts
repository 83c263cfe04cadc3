import { debuglog } from 'node:util';
import { isCluster, type RedisClient } from './client.js';
import { LIBRARY_LINES, LIBRARY_NAME } from './library.generated.js';

/** After a server has refused functions for a reason that passes, or has lost them at once, scripts serve for so long. */
const PASSING_MS = 1000;
const LOST_MS = 60_000;

const debug = debuglog('stepwell');

type Loader = Record<'function' | 'script', (subcommand: 'LOAD', text: string) => Promise<unknown>>;

/**
 * Whether the server of a client runs commands as functions of the library that it keeps (Redis 7, Valkey), or as scripts by
 * their hash: where it knows no functions, where the user may not call or load them, or while it refuses to begin one.
 * `NODE_DEBUG=stepwell` shows which, and why.
 */
export class ScriptHost {
  private static readonly hosts = new WeakMap<RedisClient, ScriptHost>();

  private isOn: boolean;
  private restsUntil = 0;
  private loading: Promise<void> | undefined;

  private constructor(private readonly client: RedisClient) {
    this.isOn = process.env.STEPWELL_FUNCTIONS !== 'off' && typeof client.fcall === 'function';
  }

  static of(client: RedisClient): ScriptHost {
    let host = ScriptHost.hosts.get(client);
    if (!host) {
      host = new ScriptHost(client);
      ScriptHost.hosts.set(client, host);
    }
    return host;
  }

  /** @param now by `runtime.monotonicMs` */
  hasFunctions(now: () => number): boolean {
    if (this.restsUntil !== 0 && now() >= this.restsUntil) {
      this.restsUntil = 0;
    }
    return this.isOn && this.restsUntil === 0;
  }

  /**
   * Whether a call of a function, which failed like this, is to be made again: as a function or as a script, whichever
   * `hasFunctions` says then. Such a call has not begun.
   */
  async isToRepeat(error: unknown, now: () => number): Promise<boolean> {
    const message = error instanceof Error ? error.message : '';
    if (message.startsWith('ERR Function not found')) {
      await this.load(now);
      return true;
    }
    if (isUnavailable(message)) {
      this.turnOff(message);
      return true;
    }
    if (isRefusedBefore(message)) {
      // A script begins, and is refused where it first writes what takes memory.
      this.rest(now() + PASSING_MS, 'the server refuses to begin one');
      return true;
    }
    return false;
  }

  /** It was loaded, and a call has not found it. */
  lost(now: () => number): void {
    this.rest(now() + LOST_MS, 'the library was loaded, and is not there');
  }

  private load(now: () => number): Promise<void> {
    this.loading ??= this.loadAll(now).finally(() => (this.loading = undefined));
    return this.loading;
  }

  /** Whether a script is there now, of a user who may not send its text with a call, but by itself. */
  async isScriptLoaded(lua: string, refusal: unknown): Promise<boolean> {
    if (!(refusal instanceof Error && /^NOPERM.*'eval'/.test(refusal.message))) return false;
    const loads = await Promise.allSettled(this.servers.map((server) => server.script('LOAD', lua)));
    return loads.every(({ status }) => status === 'fulfilled');
  }

  /** Each master: a call goes to the one that has the queue's slot. */
  private get servers(): Loader[] {
    return (isCluster(this.client) ? this.client.nodes('master') : [this.client]) as Loader[];
  }

  /** Replicas get it from their masters. */
  private async loadAll(now: () => number): Promise<void> {
    await Promise.all(
      this.servers.map(async (server) => {
        try {
          await server.function('LOAD', LIBRARY_LINES.join('\n'));
          debug('loaded the function library %s', LIBRARY_NAME);
        } catch (error) {
          const message = error instanceof Error ? error.message : '';
          if (isUnavailable(message)) {
            this.turnOff(message);
          } else if (!message.includes('already exists')) {
            this.rest(now() + PASSING_MS, 'the library could not be loaded');
          }
        }
      }),
    );
  }

  private turnOff(message: string): void {
    if (this.isOn) {
      this.isOn = false;
      const why = message.startsWith('NOPERM')
        ? 'the user of Redis may not call or load them'
        : 'the server has none';
      debug('scripts are run by EVALSHA instead of as functions: %s', why);
    }
  }

  private rest(until: number, why: string): void {
    this.restsUntil = until;
    debug('for a while scripts are run by EVALSHA instead of as functions: %s', why);
  }
}

/** No such command here, or not for this user. */
function isUnavailable(message: string): boolean {
  return (
    /^ERR unknown (?:command|subcommand)\b/i.test(message) ||
    (message.startsWith('NOPERM') && /'(?:fcall|function)\b/i.test(message))
  );
}

/** Said of functions before they begin. Scripts begin, and are refused at their first write, if it is one that matters. */
function isRefusedBefore(message: string): boolean {
  return /^-?(?:OOM|MISCONF|READONLY|NOREPLICAS)\b/.test(message);
}
