import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { StepwellOptions } from './interfaces/stepwell-options.interface.js';

/** Token of the options given to `forRoot`, in the making of `StepwellModule` and for tests that override them. */
export const STEPWELL_OPTIONS = Symbol.for('STEPWELL_OPTIONS');

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<StepwellOptions>({
  optionsInjectionToken: STEPWELL_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createStepwellOptions')
  .setExtras({}, (definition) => ({ ...definition, global: true, exports: [STEPWELL_OPTIONS] }))
  .build();
