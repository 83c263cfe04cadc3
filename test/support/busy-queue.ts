import type { Redis } from 'ioredis';
import type { QueueKeys } from '../../lib/redis/queue-keys.js';
import type { Script } from '../../lib/redis/script.js';
import * as generated from '../../lib/redis/scripts.generated.js';
import type { ScriptName } from '../simulation/simulated-scripts.js';
import { BODY } from './flow-call.js';
import { SEED_TIME, seedQueue } from './seed-queue.js';
import { BUSY_SEED, GROUPS, SCHEDULERS, type ValidCall } from './valid-calls.js';

/** Every script by its name. */
export const SCRIPTS: Record<string, Script<readonly string[], any>> = { ...generated } as never;

/** All that a queue holds, as text that can be put back. */
export type Snapshot = string[];

/** How a command is run: as a script, or as a function of the library, which has to be loaded. */
export type Way = 'script' | 'function';

const TAKE = `
local found = redis.call('KEYS', ARGV[1])
table.sort(found)
local taken = {}
for _, key in ipairs(found) do
  taken[#taken + 1] = key
  taken[#taken + 1] = redis.call('DUMP', key)
  taken[#taken + 1] = redis.call('PTTL', key) >= 0 and '600000' or '0'
end
return taken`;
const PUT_BACK = `
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end
for i = 2, #ARGV, 3 do redis.call('RESTORE', ARGV[i], ARGV[i + 2], ARGV[i + 1]) end`;

/** A queue with something for each of the valid calls to do. */
export class BusyQueue {
  private seeded: Snapshot = [];
  private paused: Snapshot = [];

  constructor(
    private readonly client: Redis,
    private readonly keys: QueueKeys,
  ) {}

  async seed(): Promise<void> {
    const { client, keys } = this;
    await Promise.all(Object.values(SCRIPTS).map(({ lua }) => client.script('LOAD', lua)));
    await seedQueue(client, keys.prefix, keys.queueName, BUSY_SEED);
    const at = String(SEED_TIME);
    const twin = { args: [at, 'seed', '1', '1'], rest: ['twin', '100000,,,,200000,er,twin', BODY] };
    // Leaves a message in the outbox.
    const removal = { args: [at, 'seed', '2', '16'], rest: [] };
    // Leaves one job parked at each of two limits, one of which nobody has defined, and one that runs.
    const limit = { args: ['stripe', '1', '2', '100000', '0', '0'], rest: [] };
    const shared = { args: ['mail', '5', '10', '1000', '0', '1'], rest: [] };
    const limited = {
      args: [at, 'limited', '1', '1'],
      rest: [';stripe', ';stripe', '?awaited'].flatMap((limits) => ['', `,,1,${limits}`, BODY]),
    };
    const start = {
      args: [at, 'limited', '2', '0', '2', 'w0', '', '900000', '0', '0', '0', ',,,'],
      rest: [],
    };
    const failures = [
      await this.send('addJobs', twin),
      await this.send('removeJob', removal),
      await this.send('limitQueue', { args: ['rate', '500', '1000'], rest: [] }),
      await this.send('setLimit', limit),
      await this.send('setLimit', shared),
      // More places than it needs.
      await this.send('takePlaces', {
        args: [at, 'mail', '1', '3', at, '900000', '0', '0', '0', '5', '10', '1000', '0'],
        rest: [],
      }),
      await this.send('addJobs', limited),
      await this.send('commit', start),
    ];
    for (const [name, made] of [...SCHEDULERS, ...GROUPS]) failures.push(await this.send(name, made));
    if (failures.join('') !== '') throw new Error(failures.join());
    this.seeded = await this.take();
    await client.hset(keys.of('meta'), 'paused', 1);
    this.paused = await this.take();
  }

  /** The queue as it was seeded. */
  async prepare(call: ValidCall): Promise<Snapshot> {
    const snapshot = call.paused ? this.paused : this.seeded;
    await this.putBack(snapshot);
    return snapshot;
  }

  async take(): Promise<Snapshot> {
    const { client, keys } = this;
    const taken = (await client.callBuffer('EVAL', TAKE, 1, keys.of('meta'), `${keys.base}*`)) as Buffer[];
    return taken.map((part) => part.toString('latin1'));
  }

  async putBack(snapshot: Snapshot): Promise<void> {
    const parts = snapshot.map((part) => Buffer.from(part, 'latin1'));
    await this.client.eval(PUT_BACK, 1, this.keys.of('meta'), `${this.keys.base}*`, ...parts);
  }

  async clear(): Promise<void> {
    await this.putBack([]);
  }

  async call(name: ScriptName, { args, rest }: ValidCall, way: Way = 'script'): Promise<unknown> {
    const { sha, fn, takesRest } = SCRIPTS[name]!;
    const words = [this.keys.of('meta'), ...args, ...(takesRest ? [rest.length] : []), ...rest];
    return way === 'script'
      ? this.client.evalsha(sha, 1, ...words)
      : this.client.fcall(fn as string, 1, ...words);
  }

  /** Returns the error, if that is what Redis replies. */
  async send(name: ScriptName, call: ValidCall, way: Way = 'script'): Promise<string | undefined> {
    try {
      await this.call(name, call, way);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}
