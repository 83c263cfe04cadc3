import type { DynamicModule } from '@nestjs/common';
import {
  runStep,
  startRedis,
  type EmbeddedRedis,
  type LocalRedis,
  type StepRunReport,
  StepwellTestingModule,
  type StepwellMatchers,
  type TimeTravel,
} from 'stepwell/testing';

// A server of one's own can be killed; one that may be someone else's only perhaps.
export const own: Promise<LocalRedis> = startRedis({ external: false });
export const any: Promise<EmbeddedRedis> = startRedis({ appendOnly: 'always' });
export const kill = async (): Promise<void> => (await own).kill('SIGKILL');

// @ts-expect-error a server that may be external has no sure kill
export const killAny = async (): Promise<void> => (await any).kill('SIGKILL');

// @ts-expect-error there is no such sync mode
export const wrong = startRedis({ appendOnly: 'sometimes' });

class Orders {
  constructor(readonly bank: { charge(places: number): Promise<string> }) {}
  reserve(): { places: number } {
    return { places: 2 };
  }
  charge(): Promise<string> {
    return this.bank.charge(2);
  }
}

// A class knows its steps, their results, and what each comes to.
export const receipt: Promise<StepRunReport<string>> = runStep(Orders, 'charge', {
  results: { reserve: { places: 2 } },
});
// @ts-expect-error there is no such step
export const unknown = runStep(Orders, 'chrage');
// @ts-expect-error that is not what the step comes to
export const number: Promise<StepRunReport<number>> = runStep(Orders, 'charge');

export async function travel(time: TimeTravel): Promise<void> {
  await time.advance('3d');
  time.crash('after the effect of charge', { jobId: '7' });
  // @ts-expect-error there is no such unit
  await time.advance('3 fortnights');
  // @ts-expect-error that is no point of a step
  time.crash('during charge');
}

export const matchers: StepwellMatchers<Promise<void>> = {} as never;
export const module: Promise<DynamicModule> = StepwellTestingModule.forRoot({} as TimeTravel, {
  prefix: 'p',
});
