import { InvalidOptionError } from '../job/errors.js';

/** A place in a step at which its process may be killed; see `TimeTravel.crash`. */
export type CrashPoint = `before ${string}` | `after ${string}` | `after the effect of ${string}`;

interface Planned {
  point: string;
  jobId: string | undefined;
}

/** Where processes are to be killed, each once. */
export class CrashPoints {
  private readonly planned: Planned[] = [];

  add(point: CrashPoint, jobId: string | undefined): void {
    if (!/^(?:before|after(?: the effect of)?) \S/.test(point)) {
      throw new InvalidOptionError(
        'crash',
        point,
        "Name a point of a step: 'before charge', 'after the effect of charge' or 'after charge'.",
      );
    }
    this.planned.push({ point, jobId });
  }

  /** Whether a process is to be killed here, which is then over. */
  take(jobKey: string, point: string): boolean {
    const at = this.planned.findIndex(
      (each) => each.point === point && (each.jobId === undefined || jobKey.endsWith(`:${each.jobId}`)),
    );
    if (at >= 0) {
      this.planned.splice(at, 1);
    }
    return at >= 0;
  }

  /** Points that no job has come to. */
  get left(): string[] {
    return this.planned.map(({ point }) => point);
  }
}
