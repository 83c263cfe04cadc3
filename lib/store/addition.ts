import type { AddedJob, NewJob } from '../job/added-job.js';

/** What became of each job of a call, by its place; that throws for one that was refused. */
export type AddedJobs = (at: number) => AddedJob;

/** Jobs that go out with one call, in their order: one, or as many of an `addBulk` as a call takes. */
export interface Addition {
  readonly count: number;
  appendTo(jobs: NewJob[]): void;
  /** What who adds them is given, where they begin at that place of the call. */
  resultAt(first: number, added: AddedJobs): unknown;
}

export class OneJob<About, Result> implements Addition {
  readonly count = 1;

  /**
   * @param made what to give who adds it
   * @param about what that takes besides: it saves a closure for each job
   */
  constructor(
    readonly job: NewJob,
    private readonly made: (added: AddedJob, about: About) => Result,
    private readonly about: About,
  ) {}

  appendTo(jobs: NewJob[]): void {
    jobs.push(this.job);
  }

  resultAt(first: number, added: AddedJobs): Result {
    return this.made(added(first), this.about);
  }
}

export class ManyJobs implements Addition {
  constructor(private readonly jobs: readonly NewJob[]) {}

  get count(): number {
    return this.jobs.length;
  }

  appendTo(jobs: NewJob[]): void {
    for (const job of this.jobs) jobs.push(job);
  }

  resultAt(first: number, added: AddedJobs): AddedJob[] {
    return this.jobs.map((_job, i) => added(first + i));
  }
}
