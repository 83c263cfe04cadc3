import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Cron,
  Every,
  getQueueToken,
  Process,
  Processor,
  type Queue,
  sleep,
  Step,
  StepwellModule,
} from 'stepwell';
import { createTimeTravel, StepwellTestingModule, type TimeTravel } from 'stepwell/testing';
import { testRedisUrl } from '../support/redis.js';
import { LogLines } from './test-app.js';

const START = Date.UTC(2026, 2, 2, 12, 0, 0);
const HOUR = 3_600_000;

describe('@Cron and @Every', () => {
  let time: TimeTravel;
  let apps: INestApplicationContext[];
  let log: LogLines;
  let ran: string[];

  beforeEach(async () => {
    time = await createTimeTravel({ redis: testRedisUrl(), start: START, patienceMs: 50 });
    apps = [];
    ran = [];
    log = new LogLines();
  });

  afterEach(async () => {
    for (const app of apps) await app.close();
    await time.close();
  });

  async function start(...providers: Function[]): Promise<INestApplicationContext> {
    const app = await Test.createTestingModule({
      imports: [StepwellTestingModule.forRoot(time), StepwellModule.registerQueue({ name: 'reports' })],
      providers: providers as never[],
    })
      .setLogger(log)
      .compile();
    apps.push(app);
    return app.init();
  }

  async function stop(app: INestApplicationContext): Promise<void> {
    apps = apps.filter((each) => each !== app);
    await app.close();
  }

  const queueOf = (app: INestApplicationContext) => app.get<Queue>(getQueueToken('reports'));
  const shown = async (app: INestApplicationContext) =>
    Object.fromEntries(
      (await queueOf(app).getJobSchedulers()).map(({ key, pattern, every }) => [key, pattern ?? every]),
    );

  /** A class as a version of the application has it. */
  function version(label: string, decorators: { daily?: MethodDecorator; tick?: MethodDecorator }): Function {
    class Reports {
      daily(): void {
        ran.push(`${label} daily`);
      }
      tick(): void {
        ran.push(`${label} tick`);
      }
    }
    const { prototype } = Reports;
    for (const [method, decorator] of Object.entries(decorators)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, method)!;
      Process(method)(prototype, method, descriptor);
      decorator(prototype, method, descriptor);
    }
    Processor('reports')(Reports);
    return Reports;
  }

  it('make the schedulers when the application has started, and run their methods', async () => {
    @Processor('reports')
    class Reports {
      @Process('daily')
      @Cron('0 3 * * *', { tz: 'UTC', name: 'nightly', data: { of: 'yesterday' }, opts: { attempts: 3 } })
      daily(job: { data: unknown }): void {
        ran.push(`daily ${JSON.stringify(job.data)}`);
      }

      @Process()
      @Every('8h')
      @Every('5h', { name: 'other', offset: HOUR })
      all(job: { name: string; repeatJobKey: string }): void {
        ran.push(`${job.name} of ${job.repeatJobKey}`);
      }
    }
    const app = await start(Reports);
    await time.advance('20h');

    expect(await shown(app)).toEqual({ nightly: '0 3 * * *', 'Reports.all': 8 * HOUR, other: 5 * HOUR });
    expect(ran.toSorted()).toEqual(
      [
        'daily {"of":"yesterday"}',
        ...Array.from({ length: 3 }, () => 'all of Reports.all'),
        ...Array.from({ length: 4 }, () => 'all of other'),
      ].toSorted(),
    );
  });

  it('run all steps of a class from the first on', async () => {
    @Processor({ queue: 'reports', jobName: 'steps' })
    class Steps {
      @Step()
      @Every('1d')
      first(): unknown {
        ran.push('first');
        return sleep(HOUR);
      }

      @Step()
      second(): void {
        ran.push('second');
      }
    }
    await start(Steps);
    await time.advance('26h');

    expect(ran).toEqual(['first', 'second', 'first', 'second']);
  });

  it('fail the start where no job could come of them, and say where they stand', async () => {
    @Processor('reports')
    class Later {
      @Step()
      first(): void {}

      @Step()
      @Cron('* * * * *')
      second(): void {}
    }
    await expect(start(Later)).rejects.toThrow(
      "Later.second() has @Cron, but takes no jobs. Put @Process('name') on it, or @Cron on the first @Step of the class.",
    );
    await expect(start(version('a', { daily: Cron('0 0 31 2 *') }))).rejects.toThrow(
      'The schedule of Reports.daily(): Invalid pattern: "0 0 31 2 *". It never comes: there is no such day.',
    );
    const twice = { daily: Cron('0 3 * * *', { name: 'x' }), tick: Every('1m', { name: 'x' }) };
    await expect(start(version('a', twice))).rejects.toThrow(
      'The schedule x is on Reports.daily() and on Reports.tick().',
    );
    expect(() => Every('soon' as never)).toThrow('Invalid interval of @Every: "soon".');
  });

  it('leave alone what is as they say, and what was made by hand', async () => {
    const Reports = version('a', { daily: Cron('0 3 * * *'), tick: Every('1h') });
    const app = await start(Reports);
    const before = await queueOf(app).getJobScheduler('Reports.tick');
    await queueOf(app).upsertJobScheduler('Reports.daily', { every: 5 * HOUR });
    await queueOf(app).upsertJobScheduler('mine', { every: 7 * HOUR });
    await stop(app);
    await time.advance('10m');

    const again = await start(Reports);

    expect(await queueOf(again).getJobScheduler('Reports.tick')).toMatchObject({
      iterationCount: (before?.iterationCount ?? 0) + 0,
    });
    expect(await shown(again)).toEqual({ 'Reports.tick': HOUR, 'Reports.daily': 5 * HOUR, mine: 7 * HOUR });
    expect(log.lines).toContainEqual(
      expect.stringContaining('the job scheduler Reports.daily of Reports.daily() was made by hand'),
    );
  });

  it('of two versions side by side, the newer one holds, whichever starts again', async () => {
    const Old = version('old', { daily: Cron('0 3 * * *'), tick: Every('1m') });
    const New = version('new', { daily: Cron('0 4 * * *'), tick: Every('2m') });
    const old = await start(Old);
    await time.advance('5m');
    const next = await start(New);
    await time.advance('5m');
    const newer = { 'Reports.daily': '0 4 * * *', 'Reports.tick': 120_000 };
    expect(await shown(next)).toEqual(newer);

    await stop(old);
    const restarted = await start(Old);
    await time.advance('10m');
    expect(await shown(next)).toEqual(newer);
    expect(log.lines).toContainEqual(
      expect.stringContaining('another instance runs with a newer schedule than that of Reports.daily()'),
    );

    await stop(next);
    await time.advance('10m');
    expect(await shown(restarted)).toEqual({ 'Reports.daily': '0 3 * * *', 'Reports.tick': 60_000 });
  }, 60_000);

  it('that are gone from the code are gone from the queue once no version that has them runs', async () => {
    const Old = version('old', { daily: Cron('0 3 * * *'), tick: Every('1m') });
    const New = version('new', { tick: Every('1m') });
    const old = await start(Old);
    await queueOf(old).upsertJobScheduler('mine', { every: HOUR });
    const next = await start(New);
    await time.advance('10m');
    expect(Object.keys(await shown(next)).toSorted()).toEqual(['Reports.daily', 'Reports.tick', 'mine']);

    await stop(old);
    await time.advance('10m');

    expect(Object.keys(await shown(next)).toSorted()).toEqual(['Reports.tick', 'mine']);
    expect(log.lines).toContainEqual(
      expect.stringContaining('the job scheduler Reports.daily is in the code no more and was removed'),
    );
  }, 60_000);

  it('are one scheduler and one job a slot for any number of instances', async () => {
    const Reports = version('a', { tick: Every('1m') });
    await Promise.all(Array.from({ length: 3 }, () => start(Reports)));
    await time.advance('5m');

    expect(ran).toHaveLength(6);
  });

  it('have slots by the strategy of the queue, which its worker goes on with', async () => {
    @Processor('moons')
    class Moons {
      @Process('howl')
      @Cron('full moon')
      howl(): void {
        ran.push('howl');
      }
    }
    const settings = { repeatStrategy: (millis: number) => millis + HOUR };
    const app = await Test.createTestingModule({
      imports: [
        StepwellTestingModule.forRoot(time),
        StepwellModule.registerQueue({ name: 'moons', settings }),
      ],
      providers: [Moons],
    })
      .setLogger(log)
      .compile();
    apps.push(app);
    await app.init();
    await time.advance('4h');

    expect(ran.length).toBeGreaterThanOrEqual(3);
  });
});
