import { describe, expect, it } from '@jest/globals';
import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  FlowProducer,
  getFlowProducerToken,
  OnQueueEvent,
  Process,
  Processor,
  Step,
  StepwellModule,
} from 'stepwell';
import { LogLines, sharedOptions, startApp } from './test-app.js';

const MAILS = StepwellModule.registerQueue({ name: 'mails' });

@Processor('mails')
class Forgotten {
  @Process('forgotten')
  send(): void {}
}

const warnings = (log: LogLines) => log.lines.filter((line) => line.startsWith('warn'));

describe('at its start an application says', () => {
  it('that a processor is among no providers, once', async () => {
    const log = new LogLines();
    const app = await startApp({ imports: [MAILS] }, { log });
    const again = await startApp({ imports: [MAILS] }, { log });

    expect(warnings(log)).toEqual([
      `warn Stepwell: ${Forgotten.name} processes no jobs of queue mails here: it is not among the providers of any module.`,
    ]);
    await Promise.all([app.close(), again.close()]);
  });

  it('that no module imports StepwellModule', async () => {
    const order: string[] = [];
    @Processor('mails')
    class Homeless implements OnApplicationBootstrap {
      onApplicationBootstrap(): void {
        order.push('own hook');
      }

      @Process()
      send(): void {}
    }
    const log = new LogLines();
    const app = await Test.createTestingModule({ providers: [Homeless] })
      .setLogger(log)
      .compile();
    await app.init();

    expect(warnings(log)).toEqual([
      'warn Stepwell: Homeless processes nothing: no module imports StepwellModule, which starts the worker of queue mails.',
    ]);
    expect(order).toEqual(['own hook']);
    await app.close();
  });

  it('that no module imports StepwellModule for a class that listens, or does both, once', async () => {
    @Injectable()
    class Board {
      @OnQueueEvent('completed', 'mails')
      onCompleted(): void {}

      @OnQueueEvent('failed', 'mails')
      onFailed(): void {}
    }
    @Processor('mails')
    class Both {
      @Process()
      send(): void {}

      @OnQueueEvent('failed')
      onFailed(): void {}
    }
    const log = new LogLines();
    const app = await Test.createTestingModule({ providers: [Board, Both] })
      .setLogger(log)
      .compile();
    await app.init();

    expect(warnings(log)).toEqual([
      'warn Stepwell: Board.onCompleted() hears nothing: no module imports StepwellModule.',
      'warn Stepwell: Both processes nothing: no module imports StepwellModule, which starts the worker of queue mails.',
    ]);
    await app.close();
  });

  it('who processes what', async () => {
    @Processor('mails')
    class Mailer {
      @Process('welcome')
      welcome(): void {}

      @Process()
      others(): void {}
    }
    @Processor({ queue: 'mails', jobName: 'order' })
    class Orders {
      @Step()
      reserve(): void {}

      @Step({ name: 'capture' })
      charge(): void {}
    }
    const log = new LogLines();
    const app = await startApp({ imports: [MAILS], providers: [Mailer, Orders] }, { log });

    expect(log.lines.filter((line) => line.startsWith('log Stepwell'))).toEqual([
      "log Stepwell: Queue mails: Mailer (job 'welcome', all other jobs), Orders (job 'order' by steps reserve, capture)",
    ]);
    await app.close();
  });

  it('that forRoot is imported twice with different options', async () => {
    const [first, second] = [sharedOptions(), sharedOptions()];
    @Module({ imports: [StepwellModule.forRoot(second)] })
    class Other {}
    const log = new LogLines();
    const app = await startApp(
      { imports: [StepwellModule.forRoot(first), Other, MAILS] },
      { root: false, log },
    );

    expect(warnings(log)).toEqual([expect.stringContaining('StepwellModule.forRoot is imported 2 times')]);
    await app.close();
  });

  it('that a listener waits for an event that is nearly one of a queue; one of its own is fine', async () => {
    @Injectable()
    class Board {
      @OnQueueEvent('complete' as never, 'mails')
      done(): void {}

      @OnQueueEvent('album-shared' as never, 'mails')
      shared(): void {}
    }
    const log = new LogLines();
    const app = await startApp({ imports: [MAILS], providers: [Board] }, { log });

    expect(warnings(log)).toEqual([
      "warn Stepwell: Board.done() listens to 'complete', which is no event of a queue. Did you mean 'completed'?",
    ]);
    await app.close();
  });

  it('nothing where all is well, and registerFlowProducer() registers one', async () => {
    const log = new LogLines();
    const app = await startApp({ imports: [MAILS, StepwellModule.registerFlowProducer()] }, { log });

    expect(app.get(getFlowProducerToken())).toBeInstanceOf(FlowProducer);
    expect(warnings(log)).toEqual([]);
    await app.close();
  });
});
