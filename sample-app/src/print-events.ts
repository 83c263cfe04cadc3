import type { Job, Worker } from 'stepwell';
import type { PhotoData, PhotoProgress, PhotoResult } from './photos/photo.js';

/** Prints what the worker of this process does, a line each. */
export function printEvents(worker: Worker<PhotoData, PhotoResult>, print: (line: string) => void): void {
  worker.on('active', (job) => {
    const again = job.attemptsStarted > 1 ? `, start ${job.attemptsStarted}` : '';
    print(`▸ ${nameOf(job)} started${again}`);
  });
  worker.on('progress', (job, progress) => {
    const { done, of, inspection, pictures } = progress as PhotoProgress;
    const picture = pictures.at(-1);
    if (picture)
      print(`  ${nameOf(job)} ${done}/${of}: ${picture.width} px wide, ${kilobytes(picture.bytes)}`);
    else if (inspection) {
      const { width, height, format, bytes, color } = inspection;
      print(
        `  ${nameOf(job)} ${done}/${of}: ${format} ${width} × ${height}, ${kilobytes(bytes)}, mostly ${color}`,
      );
    }
  });
  worker.on('completed', (job) => print(`✓ ${nameOf(job)} done${tookOf(job)}`));
  worker.on('failed', (job, error) => {
    if (!job) return;
    const next = job.finishedOn === undefined ? 'trying again' : 'giving up: retry it on the page';
    print(
      `✗ ${nameOf(job)} failed (attempt ${job.attemptsMade} of ${job.opts.attempts ?? 1}), ${next}: ${error.message}`,
    );
  });
}

const nameOf = (job: Job<PhotoData>): string => `#${job.id} ${job.data.title}`;

const kilobytes = (bytes: number): string => `${Math.max(1, Math.round(bytes / 1024))} KB`;

function tookOf({ processedOn, finishedOn }: Job): string {
  return processedOn === undefined || finishedOn === undefined ? '' : ` in ${finishedOn - processedOn} ms`;
}
