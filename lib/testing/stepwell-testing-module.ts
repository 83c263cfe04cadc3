import type { QueueOptions } from '../queue/queue-options.js';
import { TimeTravel } from './time-travel.js';

/* oxlint-disable typescript/no-explicit-any -- as Nest declares it, which need not be there */

/** A module as Nest takes it among `imports`. */
export interface TestingDynamicModule {
  module: new (...args: any[]) => any;
  global: boolean;
  imports: any[];
  providers: any[];
  exports: any[];
}

/**
 * Stands where an application has `StepwellModule.forRoot`: its queues and workers live in virtual time. `TimeTravel` can be
 * injected. An application that imports `StepwellModule.forRoot` itself is tested with
 * `.overrideProvider(STEPWELL_OPTIONS).useValue({ connection: time.connection })` instead.
 *
 * @example
 * const time = await createTimeTravel();
 * const app = await Test.createTestingModule({
 *   imports: [StepwellTestingModule.forRoot(time), StepwellModule.registerQueue({ name: 'orders' })],
 *   providers: [OrderProcessor, BankService],
 * }).compile();
 * await app.init();
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is a class
export class StepwellTestingModule {
  static async forRoot(
    time: TimeTravel,
    options: Omit<QueueOptions, 'connection'> = {},
  ): Promise<TestingDynamicModule> {
    // Not before it is needed: who tests without Nest does not have it.
    const { StepwellModule } = await import('../nest/stepwell.module.js');
    return {
      module: StepwellTestingModule,
      global: true,
      imports: [StepwellModule.forRoot({ ...options, connection: time.connection })],
      providers: [{ provide: TimeTravel, useValue: time }],
      exports: [TimeTravel],
    };
  }
}
