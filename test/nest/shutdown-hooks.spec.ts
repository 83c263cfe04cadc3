import { afterEach, describe, expect, it } from '@jest/globals';
import { Process, Processor, StepwellModule } from 'stepwell';
import { sayMissingShutdownHooks } from '../../lib/nest/shutdown-hooks.js';
import { LogLines, startApp } from './test-app.js';
import { until } from '../support/engine-lab.js';

const TASKS = StepwellModule.registerQueue({ name: 'tasks' });
const told = (log: LogLines) => log.lines.filter((line) => line.includes('enableShutdownHooks'));

@Processor('tasks')
class Tasks {
  @Process()
  run(): void {}
}

describe('shutdown hooks that are missing', () => {
  const own = process.listeners('SIGTERM');
  const ownInt = process.listeners('SIGINT');
  afterEach(() => {
    own.forEach((listener) => process.on('SIGTERM', listener));
    ownInt.forEach((listener) => process.on('SIGINT', listener));
  });

  it('are told where a worker runs, a moment after the start', async () => {
    process.removeAllListeners('SIGTERM');
    process.removeAllListeners('SIGINT');
    const log = new LogLines();
    const app = await startApp({ imports: [TASKS], providers: [Tasks] }, { log });
    await until(async () => told(log).length > 0);
    expect(told(log)).toHaveLength(1);
    await app.close();
  });

  it('are not where somebody listens', async () => {
    const listener = (): void => {};
    process.on('SIGTERM', listener);
    const said: string[] = [];
    const timer = sayMissingShutdownHooks(() => said.push('missing'), 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    timer.cancel();
    process.off('SIGTERM', listener);
    expect(said).toEqual([]);
  });
});
