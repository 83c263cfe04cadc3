import type { Address, WorkerSettings } from '../systems/system.js';

export interface Orders {
  system: string;
  address: Address;
  queue: string;
  ledger: string;
}

export interface WorkerOrders extends Orders {
  settings: WorkerSettings;
  /** The processor writes progress, data and a log line at its end, whatever has happened meanwhile. */
  writesLate: boolean;
}

export interface ProducerOrders extends Orders {
  seed: number;
  load: Load;
  waitsForReplica: boolean;
}

/** What a producer adds. */
export interface Load {
  /** Jobs that are added a second, steadily, answered or not. */
  jobsPerSecond: number;
  /** Jobs take from 0 to this long. */
  maxWorkMs: number;
  /** The producer ends by itself after so many. Default: it goes on until it is told to end. */
  count?: number;
  /** Number of the first job. Default: 0. */
  firstKey?: number;
  /** Share of jobs that fail once, 0 to 1. */
  failing?: number;
  /** Share of jobs that are delayed, 0 to 1, by up to `maxDelayMs`. */
  delayed?: number;
  maxDelayMs?: number;
  /** All jobs are due together, so long after the load began. */
  dueMs?: number;
  /** No job is added later than this after the load began. */
  addsForMs?: number;
  /** Jobs have a child each, in one of these queues by turns. */
  childQueues?: readonly string[];
  /** Share of jobs that are deduplicated, 0 to 1, each by an id of its own and for `dedupMs`. */
  deduplicated?: number;
  dedupMs?: number;
  /** Share of jobs that hold the event loop, 0 to 1. */
  blocking?: number;
  blockMs?: number;
  /** Bytes of data that each job has beside. */
  padBytes?: number;
  /** Jobs have names, ids and values of all kinds. */
  fuzzes?: boolean;
  /** Adds that wait for their answer at most; more are not made. Default: no limit. */
  maxOpen?: number;
}
