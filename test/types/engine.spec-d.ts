import { map } from 'rxjs';
import {
  ofType,
  Queue,
  QueueEvents,
  QueueEventsProducer,
  whenFinished,
  Worker,
  type Job,
  type JobEvent,
} from 'stepwell/engine';

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

// Events are distinguished by their name.
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

// A watched job tells a snapshot, events of jobs, and what is missing.
export const watched = events.watch('7', { after: '1-0-1', buffer: { limit: 10 } }).pipe(
  map((event) => {
    switch (event.event) {
      case 'snapshot':
        return event.steps?.[0]?.status === 'running' ? 'at work' : event.state;
      case 'step-failed': {
        const again: number | undefined = event.retryInMs;
        return `${event.step} ${event.attempt} ${again}`;
      }
      case 'gap':
        return `${event.lost ?? 'some'}`;
      case 'dropped':
        return `${event.count}`;
      // @ts-expect-error belongs to no job
      case 'paused':
        return '';
      default:
        return event.id;
    }
  }),
);
export const outcome = events.watch('7').pipe(
  whenFinished<number>(),
  map((end) =>
    end.outcome === 'completed' ? end.returnvalue : end.outcome === 'failed' ? end.failedReason : 0,
  ),
);
export const parts = events.all$.pipe(
  ofType('completed', 'custom'),
  map((event) => (event.event === 'custom' ? event.name : event.jobId)),
);
const shared = events.of<{ album: number }>('album-shared');
shared.subscribe(({ fields }) => fields.album.toFixed());
events.of('stalled').subscribe(({ jobId }) => jobId.trim());
events.on('album-shared', ({ album }: { album: number }) => album);
// @ts-expect-error a name is needed
new QueueEventsProducer('photos').publishEvent({ album: 7 });
worker.completed$.subscribe(({ job: done, returnvalue }) => returnvalue.toFixed() + done.data.path);
worker.failed$.subscribe(({ job: failed, error }) => [failed?.data.path, error.message]);

export const kept = [added, job];
