import { Queue, QueueEvents, Worker, type Job, type JobEvent } from 'stepwell/engine';

interface Photo {
  path: string;
}

const photos = new Queue<Photo, number, 'resize' | 'crop'>('photos');

// Names, data and results are those of the queue.
const added: Promise<Job<Photo, number, 'resize' | 'crop'>> = photos.add('resize', { path: 'cat.jpg' });
// @ts-expect-error an unknown name
photos.add('rotate', { path: 'cat.jpg' });
// @ts-expect-error other data
photos.add('resize', { file: 'cat.jpg' });
// @ts-expect-error an unknown option
photos.add('resize', { path: 'cat.jpg' }, { attempt: 3 });
photos.add(
  'resize',
  { path: 'cat.jpg' },
  { deduplication: { id: 'cat', ttl: 1000 }, backoff: { type: 'fixed', delay: 1 } },
);
photos.addBulk([{ name: 'crop', data: { path: 'cat.jpg' }, opts: { priority: 1 } }]);

// A queue may be declared by its job.
const byJob = new Queue<Job<Photo, string, 'resize'>>('photos');
const job: Promise<Job<Photo, string, 'resize'>> = byJob.add('resize', { path: 'cat.jpg' });

// A processor gets the job, its token and a signal, and returns the result.
const worker = new Worker<Photo, number>('photos', async ({ data }, token: string, signal: AbortSignal) => {
  const path: string = data.path;
  return path.length + token.length + Number(signal.aborted);
});
// @ts-expect-error another result
export const wrongResult = new Worker<Photo, number>('photos', async () => 'text');
worker.on('completed', (done, result) => {
  const value: number = result;
  const path: string = done.data.path;
  return [value, path];
});
// @ts-expect-error an unknown event
worker.on('finished', () => {});
// @ts-expect-error an unknown worker option
export const wrongOption = new Worker('photos', async () => 1, { concurency: 2 });

const events = new QueueEvents('photos');
events.on('deduplicated', ({ jobId, deduplicationId, deduplicatedJobId }, id) => {
  const texts: string[] = [jobId, deduplicationId, deduplicatedJobId, id];
  return texts;
});
events.on('delayed', ({ delay }) => {
  const due: number = delay;
  return due;
});
events.on('completed:7', () => {});

// Events are told apart by their name.
export function tell(event: JobEvent): string {
  switch (event.event) {
    case 'failed':
      return event.failedReason;
    case 'cleaned':
      return event.count;
    default:
      return event.id;
  }
}

export const kept = [added, job];
