import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defineSteps } from '../../lib/engine.js';
import { EngineLab, until } from '../support/engine-lab.js';
import { Fleet } from '../support/fleet.js';
import type { QueueDump } from '../support/dump-queue.js';
import { type KillAt, SIX, sixSteps } from '../support/six-steps.js';

const lab = EngineLab.open({ redis: {}, expectedErrors: ['CONNECTION'] });
const POINTS: KillAt[] = ['before', 'effect', 'sent', 'kept'];

describe('a job with six steps', () => {
  let fleet: Fleet | undefined;
  afterEach(async () => {
    await fleet?.end();
    fleet = undefined;
  }, 240_000);

  it.each(SIX.flatMap((step) => POINTS.map((at) => [step, at] as const)))(
    'whose process is killed in step %s (%s) goes on in another, and completed steps do not run again',
    async (step, at) => {
      const options = { connection: lab.connection(), prefix: lab.prefix, lockDuration: 400 };
      fleet ??= await Fleet.prepare(lab.name, options);
      const queue = lab.queue();
      const job = await queue.add('six', 0);
      const ledger = fleet.file(`${step}-${at}`);
      const child = fleet.fork('fleet-stepper', { queue: lab.name, ledger, options, kill: { step, at } });
      await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      const before = (await readFile(ledger, 'utf8')).split('\n').filter(Boolean);
      const completed = (await job.getSteps()).filter(({ status }) => status === 'completed');

      const after: string[] = [];
      const other = lab.worker(
        sixSteps((what, name) => after.push(`${what} ${name}`)),
        { stalledInterval: 50 },
      );
      await until(async () => (await job.getState()) === 'completed');
      await other.close();

      const done = new Set(completed.map(({ name }) => name));
      expect(after.filter((line) => done.has(line.split(' ')[1]!))).toEqual([]);
      for (const name of SIX) {
        const effects = [...before, ...after].filter((line) => line === `effect ${name}`).length;
        const isCutShort = name === step && (at === 'effect' || at === 'sent') && !done.has(name);
        expect([name, effects]).toEqual([name, isCutShort ? 2 : 1]);
      }
      expect(before.at(-1)).toBe(at === 'before' ? `begin ${step}` : `effect ${step}`);
      expect((await job.getSteps()).map(({ result }) => result)).toEqual(SIX);
      expect(at !== 'kept' || done.has(step)).toBe(true);
    },
    240_000,
  );
});

describe('a worker that was stopped past its lock', () => {
  let fleet: Fleet | undefined;
  afterEach(async () => {
    await fleet?.end();
    fleet = undefined;
  }, 240_000);

  it('changes nothing when it goes on, whatever it writes, and is told to abort', async () => {
    const options = {
      ...{ connection: lab.connection(), prefix: lab.prefix, concurrency: 2 },
      ...{ lockDuration: 1000, stalledInterval: 300 },
    };
    fleet = await Fleet.prepare(lab.name, options);
    const ledger = fleet.file('late');
    await appendFile(ledger, '');
    const lines = async (): Promise<string[]> => (await readFile(ledger, 'utf8')).split('\n').filter(Boolean);
    const queue = lab.queue();
    const jobs = await queue.addBulk([
      { name: 'plain', data: 'first' },
      { name: 'steps', data: 'first' },
    ]);
    const child: ChildProcess = fleet.fork('fleet-late', { queue: lab.name, ledger, options });
    await until(async () => (await lines()).filter((line) => line.endsWith('start')).length === 2);
    child.kill('SIGSTOP');
    const steps = defineSteps({ a: () => 'second', b: (_job, ctx) => ctx.result('a') });
    const other = lab.worker(
      async (job, token, signal) => (job.name === 'steps' ? steps(job, token, signal) : 'second'),
      { ...options, stalledInterval: 100 },
    );
    await until(async () => (await queue.getCompletedCount()) === 2);
    await other.close();
    const before = stored(await lab.dump());

    child.kill('SIGCONT');
    await until(async () => (await lines()).filter((line) => line.includes(' lock ')).length === 2);
    await until(async () => (await lines()).filter((line) => line === 'error LOCK_LOST').length >= 2);
    await sleep(300);

    expect(stored(await lab.dump())).toEqual(before);
    const told = await lines();
    expect(told).toEqual(expect.arrayContaining(['plain abort', 'steps abort']));
    expect(told).not.toContain('steps went on');
    const answers = told.filter((line) => /^(plain|steps) [a-z-]+ /.test(line));
    expect(answers).toHaveLength(28);
    expect(answers.filter((line) => !/ (LOCK_LOST|stale|0)$/.test(line))).toEqual([]);
    for (const { id } of jobs) {
      expect(await queue.getJob(id)).toMatchObject({ returnvalue: 'second', data: 'first', progress: 0 });
    }
  }, 240_000);
});

/** All but what calls leave behind to be recognized. */
function stored(dump: QueueDump): QueueDump {
  return Object.fromEntries(Object.entries(dump).filter(([key]) => !key.startsWith('writer:')));
}
