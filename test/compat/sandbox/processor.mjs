import { setTimeout as sleep } from 'node:timers/promises';

export default async function (job, token, signal) {
  switch (job.name) {
    case 'all': {
      await job.updateProgress(40);
      await job.updateData({ ...job.data, seen: true });
      await job.log('from the file');
      return {
        pid: process.pid !== job.data.pid,
        data: job.data,
        queue: job.queueName === job.data.queue,
        from: process.env.FROM,
      };
    }
    case 'bad':
      throw new Error('as told');
    case 'hopeless': {
      const error = new Error('for good');
      error.name = 'UnrecoverableError';
      throw error;
    }
    case 'crash':
      process.exit(3);
      break;
    case 'later': {
      if (job.attemptsStarted > 1) return 'later';
      await job.moveToDelayed(Date.now() + 20, token);
      const error = new Error('bullmq:movedToDelayed');
      error.name = 'DelayedError';
      throw error;
    }
    case 'cancelled':
      await job.updateProgress(1);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error(`cancelled ${signal.reason}`);
    case 'slow':
      await sleep(50);
      return process.pid;
    default:
      return Object.values(await job.getChildrenValues());
  }
}
