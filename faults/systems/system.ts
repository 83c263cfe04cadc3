/** Where Redis is, in a form that goes to another process. */
export type Address =
  | { kind: 'single'; host: string; port: number; username?: string; password?: string }
  | { kind: 'sentinels'; sentinels: { host: string; port: number }[]; name: string }
  | { kind: 'cluster'; nodes: { host: string; port: number }[] };

/** What the number of a job's child is more than its own. */
export const CHILD_KEYS = 1_000_000_000;

/** A job of a load. */
export interface LoadJob {
  key: number;
  /** How long its processor works. */
  ms: number;
  /** Attempts that fail before the one that succeeds. */
  failures: number;
  /** Its first run holds the event loop instead of awaiting. If all did, it would never end. */
  blocks?: boolean;
  /** Bytes that the data holds beside. */
  pad?: string;
  delayMs?: number;
  /** The job waits for a child in this queue, whose number is `CHILD_KEYS` more. */
  childQueue?: string;
  /** Deduplicated by an id of its own, for so long: Redis has a key for it that expires. */
  dedupMs?: number;
  /** Of fuzzed jobs: their name, their id, and a value that has to come back as it was, with the hash of its JSON. */
  name?: string;
  id?: string;
  value?: unknown;
  hash?: string;
}

export interface ProducerOptions {
  /** Adds wait for a replica to have them. */
  waitsForReplica: boolean;
}

export interface Producer {
  /** Resolves with the job's id once the add was answered. */
  add(job: LoadJob): Promise<string>;
  close(): Promise<void>;
}

/** What a processor may do with its job. */
export interface Run {
  job: LoadJob;
  id: string;
  token: string;
  attemptsMade: number;
  /** It was never started before. */
  isFirst: boolean;
  signal: AbortSignal;
  /** Writes something of the job: each of these has to be refused once the lock is lost. */
  writes: Record<string, () => Promise<unknown>>;
}

export interface WorkerSettings {
  concurrency: number;
  lockMs: number;
  stalledMs: number;
  maxStalled: number;
}

export interface WorkerHandle {
  close(): Promise<void>;
}

export interface WorkerNotices {
  /** The queue has taken the end of this run. */
  done(key: number, id: string, token: string): void;
  /** Told that the lock of these is lost, other than by the signal. */
  lost(id: string): void;
  error(error: Error): void;
}

/** What is in Redis after all, by the numbers of the load. */
export interface Census {
  unfinished: number[];
  completed: number;
  failed: number[];
  /** Numbers of unfinished jobs by state. */
  states: Record<string, number>;
}

/** A queue library under test. */
export interface System {
  name: string;
  openProducer(
    address: Address,
    queue: string,
    onError: (error: Error) => void,
    options: ProducerOptions,
  ): Promise<Producer>;
  openWorker(
    address: Address,
    queue: string,
    process: (run: Run) => Promise<unknown>,
    settings: WorkerSettings,
    notices: WorkerNotices,
  ): Promise<WorkerHandle>;
  /** Tells of each job that completed, by its number, as its event says. */
  openListener(
    address: Address,
    queue: string,
    heard: (key: number) => void,
    onError: (error: Error) => void,
  ): Promise<WorkerHandle>;
  /** Whether an add that was refused with this error has certainly written nothing. */
  isRefusal(error: Error): boolean;
  /** Reads what is there, from a healthy server. */
  takeCensus(address: Address, queue: string): Promise<Census>;
}
