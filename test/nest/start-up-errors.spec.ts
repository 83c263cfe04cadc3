import { describe, expect, it } from '@jest/globals';
import { Global, Module, type ModuleMetadata, type Type, UsePipes, ValidationPipe } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ConflictingQueueOptionsError,
  ConflictingWorkerOptionsError,
  DuplicateHandlerError,
  InjectQueue,
  InjectQueueEvents,
  InvalidOptionError,
  MissingHandlerError,
  MisplacedParameterError,
  MissingProcessorError,
  OnQueueEvent,
  OnWorkerEvent,
  PipesWithoutParameterError,
  Process,
  Processor,
  QueueNotRegisteredError,
  Step,
  StepResult,
  StepwellModule,
  StepwellRegistry,
  getQueueToken,
} from 'stepwell';
import { testRedisUrl } from '../support/redis.js';
import { STEPWELL_OPTIONS } from '../../lib/nest/stepwell.module-definition.js';
import { compileApp, sharedOptions } from './test-app.js';

@Processor('mails')
class Mails {
  @Process('send')
  send(): void {}

  @Process()
  other(): void {}
}

@Processor('mails')
class MoreMails {
  @Process('send')
  sendToo(): void {}
}

@Processor('mails')
class AllMails {
  @Process()
  all(): void {}
}

@Processor('mails')
class Idle {
  send(): void {}
}

class Homeless {
  @Process('send')
  send(): void {}
}

@Processor('mails', { concurrency: 2, lockDuration: 1000 })
class Fast {
  @Process('fast')
  fast(): void {}
}

@Processor('mails', { concurrency: 1, lockDuration: 1000 })
class Slow {
  @Process('slow')
  slow(): void {}
}

@Processor('mails')
class BlindPipes {
  @Process()
  @UsePipes(ValidationPipe)
  all(): void {}
}

@Processor('mails')
@UsePipes(ValidationPipe)
class BlindClass {
  @Process()
  all(): void {}
}

@Processor('mails')
class NoSteps {
  @Process()
  all(@StepResult('reserve') _reserved: unknown): void {}
}

@Processor('mails')
class NoSuchStep {
  @Step()
  first(@StepResult('reserve') _reserved: unknown): void {}
}

@Processor('mails')
class MisspelledStep {
  @Step()
  reserve(): void {}

  @Step()
  charge(@StepResult('resrve') _reserved: unknown): void {}
}

@Processor('mails', { concurrency: -1 })
class Impossible {
  @Process()
  all(): void {}
}

const MAILS = StepwellModule.registerQueue({ name: 'mails' });

describe('an application does not start', () => {
  async function startError(metadata: ModuleMetadata, root = true): Promise<Error> {
    const app = await compileApp({ imports: [MAILS], ...metadata }, { root });
    const error: unknown = await app.init().then(
      () => new Error('It started'),
      (reason: unknown) => reason,
    );
    await app.close();
    return error as Error;
  }

  it.each<[string, Type[], Type<Error>, string]>([
    [
      'when two methods handle jobs of one name',
      [Mails, MoreMails],
      DuplicateHandlerError,
      "Mails.send() and MoreMails.sendToo() both handle jobs named 'send' of queue mails.",
    ],
    [
      'when two methods handle all other jobs',
      [Mails, AllMails],
      DuplicateHandlerError,
      'Mails.other() and AllMails.all() both handle the jobs of queue mails that no other handler names. ' +
        "Name those of one: @Process('…'), or jobName of @Processor.",
    ],
    [
      'when a processor has no handler',
      [Idle],
      MissingHandlerError,
      'Idle is a processor of queue mails but handles no job. Put @Process() or @Step() on its methods.',
    ],
    [
      'when a handler has no processor',
      [Homeless],
      MissingProcessorError,
      "Homeless.send() has @Process, but its class has no @Processor. Put it there, such as @Processor('orders').",
    ],
    [
      'when two classes want different options of their worker',
      [Fast, Slow],
      ConflictingWorkerOptionsError,
      'Fast and Slow share one worker of queue mails but set concurrency differently. Set it in one of them.',
    ],
    [
      'when pipes have no parameter to work on',
      [BlindPipes],
      PipesWithoutParameterError,
      'BlindPipes.all() has @UsePipes, but no parameter that pipes are for.',
    ],
    [
      'when the pipes of a class have none',
      [BlindClass],
      PipesWithoutParameterError,
      'Class BlindClass has @UsePipes',
    ],
    [
      'when a handler without steps asks for the result of one',
      [NoSteps],
      MisplacedParameterError,
      'NoSteps.all() has @StepResult() on a parameter. Only @Step and @Compensate methods have it.',
    ],
    [
      'when a step asks for the result of one that is none',
      [NoSuchStep],
      MisplacedParameterError,
      "NoSuchStep.first() has @StepResult('reserve') on a parameter. There is no such step. Steps: 'first'.",
    ],
    [
      'when a step asks for the result of one that is spelled otherwise',
      [MisspelledStep],
      MisplacedParameterError,
      "There is no such step. Did you mean reserve? Steps: 'reserve', 'charge'.",
    ],
    ['when a worker option is impossible', [Impossible], InvalidOptionError, 'Invalid concurrency: -1.'],
  ])('%s', async (_when, providers, type, message) => {
    const error = await startError({ providers });

    expect(error).toBeInstanceOf(type);
    expect(error.message).toContain(message);
  });

  it('when nobody said where the queue of a processor is', async () => {
    const error = await startError({ imports: [StepwellModule.registerQueue()], providers: [Mails] }, false);

    expect(error).toBeInstanceOf(QueueNotRegisteredError);
    expect(error.message).toBe(
      "Mails needs queue mails, which is not registered. Import StepwellModule.registerQueue({ name: 'mails' }).",
    );
  });

  it('when a queue is registered twice with different options', async () => {
    const again = StepwellModule.registerQueue({ name: 'mails', defaultJobOptions: { attempts: 2 } });

    const error: unknown = await compileApp({ imports: [MAILS, again] }, { root: false }).catch((e) => e);
    expect(error).toBeInstanceOf(ConflictingQueueOptionsError);
    expect((error as Error).message).toContain('different options: defaultJobOptions.attempts.');
  });

  it('when a queue or job name cannot be one', async () => {
    const invalid = StepwellModule.registerQueue({ name: 'a:b', connection: testRedisUrl() });

    await expect(compileApp({ imports: [invalid] }, { root: false })).rejects.toThrow(InvalidOptionError);
    expect(() => Processor('')).toThrow(InvalidOptionError);
    expect(() => Processor({ name: 'orders' } as never)).toThrow('Invalid queue name: undefined.');
    for (const decorate of [Processor, InjectQueue, InjectQueueEvents]) {
      expect(() => decorate(undefined as never)).toThrow('A constant from a file that imports this one');
    }
    expect(() => StepwellModule.registerQueue('orders' as never)).toThrow(
      `Invalid registerQueue options: "orders". Use an object such as { name: 'orders' }`,
    );
    expect(() => Processor({ queue: 'a', jobNames: 'b' } as never)).toThrow('Did you mean jobName?');
    expect(() => Process('')).toThrow(InvalidOptionError);
  });

  it.each<[string, ModuleMetadata, string]>([
    [
      'an option that nobody knows',
      { imports: [StepwellModule.registerQueue({ name: 'mails', defaultJobOption: {} } as never)] },
      'Did you mean defaultJobOptions?',
    ],
    [
      'a factory that returns nothing',
      {
        imports: [StepwellModule.registerQueueAsync({ name: 'mails', useFactory: () => undefined as never })],
      },
      'Invalid options of queue mails: undefined. The factory has to return an object.',
    ],
    [
      'a root factory that returns nothing',
      { imports: [StepwellModule.forRootAsync({ useFactory: () => undefined as never }), MAILS] },
      'Invalid forRootAsync options: undefined. Use an object.',
    ],
    [
      'a root class with an option that nobody knows',
      {
        imports: [
          StepwellModule.forRootAsync({
            useClass: class {
              createStepwellOptions() {
                return { redis: 'x' } as object;
              }
            },
          }),
          MAILS,
        ],
      },
      'Invalid forRootAsync option redis',
    ],
  ])('with %s', async (_what, metadata, message) => {
    await expect(compileApp(metadata, { root: false })).rejects.toThrow(message);
  });

  it('and opens no queue when what the root factory needs is not there', async () => {
    const opened: string[] = [];
    const root = StepwellModule.forRootAsync({
      inject: ['SECRETS'],
      useFactory: (secrets: { redis: string }) => ({ connection: secrets.redis }),
    });
    @Global()
    @Module({
      providers: [{ provide: 'SECRETS', useFactory: () => Promise.reject(new Error('The vault is sealed')) }],
      exports: ['SECRETS'],
    })
    class SecretsModule {}
    const seen = {
      provide: 'SEEN',
      inject: [StepwellRegistry, getQueueToken('mails')],
      useFactory: (registry: StepwellRegistry) =>
        opened.push(...registry.getQueues().map(({ name }) => name)),
    };

    await expect(
      compileApp({ imports: [SecretsModule, root, MAILS], providers: [seen] }, { root: false }),
    ).rejects.toThrow('The vault is sealed');
    await new Promise(setImmediate);
    expect(opened).toEqual([]);
  });

  it('with options that a test has replaced by none', async () => {
    const module = Test.createTestingModule({ imports: [StepwellModule.forRoot(sharedOptions()), MAILS] });

    await expect(module.overrideProvider(STEPWELL_OPTIONS).useValue(undefined).compile()).rejects.toThrow(
      'Invalid forRoot options: undefined. Use an object.',
    );
  });

  it('with options that cannot be, told at once', () => {
    expect(() => StepwellModule.forRoot({ conection: 'x' } as object)).toThrow('Did you mean connection?');
    expect(() => StepwellModule.registerQueueAsync({ name: 'a', useClass: Mails } as never)).toThrow(
      'only forRootAsync takes useClass',
    );
    expect(() => StepwellModule.registerFlowProducer({ prefixed: 'x' } as object)).toThrow(
      'Did you mean prefix?',
    );
  });

  it('with a listener on a queue that nobody registered, which is named', async () => {
    class Board {
      @OnQueueEvent('completed', 'nowhere')
      onCompleted(): void {}
    }
    const error = await startError({ providers: [Board] });
    expect(error.message).toContain('Board.onCompleted() needs queue nowhere, which is not registered.');
  });

  it('with a listener for an event that no worker has', async () => {
    @Processor('mails')
    class Listening {
      @Process()
      all(): void {}

      @OnWorkerEvent('complete' as never)
      onCompleted(): void {}
    }
    const error = await startError({ providers: [Listening] });
    expect(error.message).toContain('Invalid event of Listening.onCompleted(): "complete".');
    expect(error.message).toContain('Did you mean completed?');
  });
});
