import type { CodeBlock } from './code-blocks.js';

/** Names that a block may use without importing them, unless it imports others of the same package. */
const PACKAGES: Record<string, { values: string; types: string }> = {
  stepwell: {
    values:
      'Compensate Cron Dedup DelayedError Every FlowProducer InjectFlowProducer InjectQueue InjectQueueEvents Job Limit OnQueueEvent OnWorkerEvent ' +
      'Process Processor Queue QueueEvents Step StepwellModule WaitingChildrenError Worker defineSteps getQueueToken next ofType ' +
      'sleep STEPWELL_OPTIONS toSse waitForChildren waitForSignal whenFinished',
    types: 'StepContext WithCodec',
  },
  'stepwell/testing': { values: 'createTimeTravel runStep', types: '' },
  '@nestjs/common': {
    values: 'Controller Headers Injectable Module Param Res Sse',
    types: '',
  },
  '@nestjs/testing': { values: 'Test', types: '' },
  rxjs: { values: 'Observable firstValueFrom map', types: '' },
  express: { values: '', types: 'Response' },
};

/** The block as a module that stands by itself. What is added is on the first line, so that lines keep their numbers. */
export function completeBlock({ kind, code }: CodeBlock): string {
  const words = new Set(code.match(/[A-Za-z_]\w*/g));
  const imports = Object.entries(PACKAGES).flatMap(([name, { values, types }]) => {
    if (new RegExp(`from '${name}(/engine|/bullmq)?'`).test(code)) return [];
    const wanted = (list: string) =>
      list.split(' ').filter((word) => words.has(word) && !declares(code, word));
    const list = [...wanted(values), ...wanted(types).map((word) => `type ${word}`)];
    return list.length > 0 ? [`import { ${list.join(', ')} } from '${name}';`] : [];
  });
  const body = kind === 'members' ? `export class Members extends Shared {${code}}` : code;
  return `${imports.join(' ')} export {}; ${body}`;
}

function declares(code: string, word: string): boolean {
  return new RegExp(`\\b(const|class|function|type|interface) ${word}\\b`).test(code);
}
