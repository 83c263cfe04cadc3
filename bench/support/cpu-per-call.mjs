import { Redis } from 'ioredis';
import { median } from './statistics.mjs';

/**
 * CPU time of the server's thread in each call of a script, by command. Lets one call run at a time, with a look at that clock before
 * and after it: the time that a call takes on a busy machine says more of the machine.
 */
export function watchCalls(connection) {
  const clock = new Redis(connection);
  const send = Redis.prototype.sendCommand;
  const calls = new Map();
  let last = Promise.resolve();
  let look = 0;

  async function threadMs() {
    const info = await clock.info('cpu');
    return ['user', 'sys'].reduce((sum, part) => sum + threadSeconds(info, part) * 1000, 0);
  }

  async function measured(client, command, rest) {
    const before = await threadMs();
    await Promise.resolve(send.call(client, command, ...rest)).catch(() => {});
    const tookMs = (await threadMs()) - before - look;
    const name = commandName(command);
    if (!calls.has(name)) calls.set(name, []);
    calls.get(name).push(tookMs);
  }

  Redis.prototype.sendCommand = function sendCommand(command, ...rest) {
    if (!/^(fcall|evalsha|eval)$/i.test(command.name)) return send.call(this, command, ...rest);
    last = last.then(() => measured(this, command, rest));
    return command.promise;
  };

  return {
    /** Has to run before the first measurement: what a look itself takes is taken off. */
    async calibrate() {
      const looks = [];
      let before = await threadMs();
      for (let i = 0; i < 50; i += 1) {
        const after = await threadMs();
        looks.push(after - before);
        before = after;
      }
      look = median(looks);
    },
    /** Returns [command, times] of the calls in `work`. */
    async during(work) {
      calls.clear();
      await work();
      return [...calls];
    },
    async stop() {
      Redis.prototype.sendCommand = send;
      await clock.quit();
    },
  };
}

function threadSeconds(info, part) {
  const found = new RegExp(`^used_cpu_${part}_main_thread:([\\d.]+)`, 'm').exec(info);
  if (!found) throw new Error('This Redis does not say what its main thread takes: use Redis 7 or a Valkey.');
  return Number(found[1]);
}

/** A function is called by its name, a script by its hash. */
function commandName(command) {
  return String(command.args[0]).replace(/^stepwell_(?:\d+_)+[\da-f]+_/, '');
}
