import { checkInteger, checkNumber, LONGEST_TIMER_MS } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { refuseUnknown } from '../job/known-names.js';
import { STEP_HANDLING } from './stepped-processor.js';

/** Jobs that one fetch brings at most. */
const MOST = 1000;
const NAMES = ['size', 'minSize', 'timeout', 'groupAffinity'];

/** How a worker gathers jobs to process them together. */
export interface BatchOptions {
  /** Jobs in a batch at most, up to 1000. */
  size: number;
  /**
   * Jobs that have to wait in the queue before any of them starts; of groups those count that may start. Default: a batch takes what is
   * there.
   */
  minSize?: number;
  /**
   * Milliseconds after which a free worker that has seen fewer than `minSize` jobs wait takes what is there. Default: it waits until
   * there are enough.
   */
  timeout?: number;
  /**
   * Whether all jobs of a batch are of one group, or of none: those without a group come first, then groups take turns, batch by batch. A batch
   * is rather smaller than mixed, and `minSize` is that of one group. Default false: a batch takes the jobs of all groups, each in its turn.
   */
  groupAffinity?: boolean;
}

/** Throws an `InvalidOptionError` for a processor that cannot get batches. */
export function checkBatchProcessor(batch: BatchOptions, processor: unknown): void {
  if (typeof processor !== 'function') {
    throw new InvalidOptionError(
      'batch',
      batch,
      'Give a processor too: jobs fetched by hand come one by one.',
    );
  }
  if (STEP_HANDLING in processor) {
    throw new InvalidOptionError(
      'batch',
      batch,
      'Leave it out: a processor with steps takes one job at a time.',
    );
  }
}

/** Throws an `InvalidOptionError` for batches that cannot be. */
export function checkBatch(option: string, value: unknown): asserts value is BatchOptions {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(option, value, 'Use an object, such as { size: 50 }.');
  }
  refuseUnknown(`${option}.`, value, NAMES);
  const { size, minSize, timeout, groupAffinity } = value as Partial<BatchOptions>;
  checkInteger(`${option}.size`, size, 1, MOST);
  if (minSize !== undefined) {
    checkInteger(`${option}.minSize`, minSize, 1, size);
  }
  if (timeout !== undefined) {
    checkNumber(`${option}.timeout`, timeout, 1, LONGEST_TIMER_MS);
    if (minSize === undefined) {
      throw new InvalidOptionError(
        `${option}.timeout`,
        timeout,
        'Give minSize too: without it, a batch never waits for jobs.',
      );
    }
  }
  if (groupAffinity !== undefined && typeof groupAffinity !== 'boolean') {
    throw new InvalidOptionError(`${option}.groupAffinity`, groupAffinity, 'Use true or false.');
  }
}
