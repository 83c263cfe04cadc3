import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import {
  Global,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  InjectQueue,
  Process,
  Processor,
  StepwellModule,
  StepwellRegistry,
  type Job,
  type Queue,
} from 'stepwell';
import { bindRuntime } from '../../lib/runtime/runtime-of.js';
import { until } from '../support/engine-lab.js';
import { fasterRuntime } from '../support/faster-runtime.js';
import { compileApp, LogLines, queueOf, sharedOptions, startApp } from './test-app.js';
import { untilFinished } from './until-finished.js';

describe('the lifecycle', () => {
  it('starts no job before the application is initialized', async () => {
    const log: string[] = [];

    @Processor('tasks')
    class Tasks implements OnApplicationBootstrap {
      constructor(@InjectQueue('tasks') private readonly tasks: Queue) {}

      async onModuleInit(): Promise<void> {
        await this.tasks.add('early', {});
        await pause(100);
        log.push('initialized');
      }

      onApplicationBootstrap(): void {
        log.push('bootstrapped');
      }

      @Process()
      run(): void {
        log.push('job');
      }
    }
    const app = await compileApp({
      imports: [StepwellModule.registerQueue({ name: 'tasks' })],
      providers: [Tasks],
    });
    await app.init();

    const [job] = await queueOf(app, 'tasks').getJobs();
    await untilFinished(queueOf(app, 'tasks'), String(job?.id ?? '1'));
    expect(log.indexOf('job')).toBeGreaterThan(log.indexOf('initialized'));
    expect(log).toHaveLength(3);
    await app.close();
  });

  it('runs no worker in an application that was only compiled, or whose worker waits to be started', async () => {
    const log: string[] = [];

    @Processor('tasks', { autorun: false })
    class Tasks {
      @Process()
      run(job: Job): void {
        log.push(job.name);
      }
    }
    const tasks = StepwellModule.registerQueue({ name: 'tasks' });
    const compiled = await compileApp({ imports: [tasks], providers: [Tasks] });
    await compiled.close();

    const app = await startApp({ imports: [tasks], providers: [Tasks] });
    const { id } = await queueOf(app, 'tasks').add('later', {});
    await pause(50);
    expect(log).toEqual([]);

    void app.get(StepwellRegistry).getWorker('tasks')?.run();
    await untilFinished(queueOf(app, 'tasks'), id);
    expect(log).toEqual(['later']);
    await app.close();
  });

  it('drains on shutdown: running jobs end with all they need, and may add others', async () => {
    const log: string[] = [];
    let started = (): void => {};
    const running = new Promise<void>((resolve) => (started = resolve));

    @Injectable()
    class Database implements OnModuleDestroy {
      onModuleDestroy(): void {
        log.push('database closed');
      }
    }

    @Global()
    @Module({ providers: [Database], exports: [Database] })
    class DatabaseModule {}

    @Injectable()
    class Api implements BeforeApplicationShutdown, OnApplicationShutdown {
      constructor(@InjectQueue('tasks') private readonly tasks: Queue) {}

      async beforeApplicationShutdown(): Promise<void> {
        await this.tasks.add('before', {});
        log.push('before shutdown');
      }

      async onApplicationShutdown(): Promise<void> {
        await this.tasks.add('last', {});
        log.push('shutdown');
      }
    }

    @Processor('tasks')
    class Tasks {
      constructor(@InjectQueue('tasks') private readonly tasks: Queue) {}

      @Process('slow')
      async slow(): Promise<string> {
        started();
        await pause(300);
        await this.tasks.add('follow-up', {});
        log.push('job ended');
        return 'done';
      }
    }

    const shared = sharedOptions();
    const imports = [StepwellModule.forRoot(shared), StepwellModule.registerQueue({ name: 'tasks' })];
    const options = { imports: [...imports, DatabaseModule], providers: [Tasks, Api] };
    const app = await Test.createTestingModule(options).setLogger(new LogLines()).compile();
    await app.init();
    const { id } = await queueOf(app, 'tasks').add('slow', {});
    await running;
    await app.close();

    expect(log).toEqual(['job ended', 'database closed', 'before shutdown', 'shutdown']);
    const later = await compileApp({ imports }, { root: false });
    const tasks = queueOf(later, 'tasks');
    expect((await tasks.getJob(id))?.returnvalue).toBe('done');
    expect((await tasks.getWaiting()).map(({ name }) => name)).toEqual(['follow-up', 'before', 'last']);
    await later.close();
  });

  it('tells the log of failures by queue, id and message, and of nothing else', async () => {
    @Processor('tasks')
    class Tasks {
      @Process()
      run(): void {
        throw new Error('no luck');
      }
    }
    const log = new LogLines();
    const app = await startApp(
      { imports: [StepwellModule.registerQueue({ name: 'tasks' })], providers: [Tasks] },
      { log },
    );
    const { id } = await queueOf(app, 'tasks').add('run', { secret: 'hush' }, { attempts: 2 });
    const worker = app.get(StepwellRegistry).getWorker('tasks')!;
    await once(worker, 'failed');
    await once(worker, 'failed');
    worker.emit('error', new Error('some fault'));
    await app.close();

    expect(log.lines.filter((line) => line.includes('Stepwell: ') && !line.startsWith('log'))).toEqual([
      `debug Stepwell: Queue tasks: job ${id} failed in attempt 1 and is tried again: no luck`,
      `warn Stepwell: Queue tasks: job ${id} failed: no luck`,
      'error Stepwell: Queue tasks: some fault',
    ]);
  });

  it('says once that Redis cannot be reached, and shuts down all the same', async () => {
    @Processor('tasks')
    class Tasks {
      @Process()
      run(): void {}
    }
    const log = new LogLines();
    const connection = { host: '127.0.0.1', port: 1 };
    bindRuntime(connection, fasterRuntime(4));
    const app = await startApp(
      {
        imports: [
          StepwellModule.forRoot({ connection }),
          StepwellModule.registerQueue({ name: 'tasks' }, { name: 'others' }),
        ],
        providers: [Tasks],
      },
      { root: false, log },
    );
    const said = (): string[] =>
      log.lines.filter((line) => line.includes('Stepwell: ') && !line.startsWith('log'));
    await until(() => said().length > 0);
    // Time for what would say it again: some tries of each connection.
    await pause(200);
    await app.close();

    expect(said()).toEqual([
      expect.stringMatching(/^error Stepwell: Redis at 127\.0\.0\.1:1 cannot be reached: /),
    ]);
  });
});
