import type { ScriptRunner } from '../redis/script-runner.js';
import type { Calls } from './calls.js';

/** Runs scripts that write nothing: each is tried until Redis replies, or for as long as the store waits. */
export class PatientReads implements Pick<ScriptRunner, 'run'> {
  constructor(
    private readonly runner: ScriptRunner,
    private readonly calls: Calls,
  ) {}

  readonly run: ScriptRunner['run'] = (...call) => this.calls.read(() => this.runner.run(...call));
}
