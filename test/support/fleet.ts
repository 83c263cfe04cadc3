import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '../../lib/engine.js';
import { transpileFolder } from './transpile-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One line of the ledger. */
export interface Note {
  pid: number;
  what: 'start' | 'end' | 'fail' | 'abort' | 'stalled';
  id: string;
  token: string;
  at: number;
}

/** Worker processes that keep a ledger of what they do; see fleet-worker.ts. */
export class Fleet {
  readonly killed = new Set<number>();
  private readonly processes = new Set<ChildProcess>();

  private constructor(
    private readonly folder: string,
    private readonly queue: string,
    private readonly options: WorkerOptions,
    private readonly program: string,
  ) {}

  /**
   * Compiles what a worker needs. The folder is within the project, so that its packages are found.
   * @param program of test/support that each process runs
   */
  static async prepare(queue: string, options: WorkerOptions, program = 'fleet-worker'): Promise<Fleet> {
    await mkdir(join(ROOT, '.stepwell'), { recursive: true });
    const folder = await mkdtemp(join(ROOT, '.stepwell', 'fleet-'));
    await transpileFolder(join(ROOT, 'lib'), join(folder, 'lib'), ['nest', 'compat']);
    await transpileFolder(join(ROOT, 'test', 'support'), join(folder, 'test', 'support'));
    await writeFile(join(folder, 'ledger'), '');
    return new Fleet(folder, queue, options, program);
  }

  /** Resolves with the process ids once the workers have reached Redis. */
  start(count: number): Promise<number[]> {
    return Promise.all(Array.from({ length: count }, () => this.startOne()));
  }

  get pids(): number[] {
    return [...this.processes].map(({ pid }) => pid!);
  }

  /** Ends one process at once, without a word, and starts another. */
  async replace(pid: number): Promise<void> {
    const child = [...this.processes].find((each) => each.pid === pid)!;
    this.killed.add(pid);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await this.startOne();
  }

  /** Runs a program of test/support to its end, in a process of its own. Returns what it has sent. */
  async run<T>(program: string, orders: object): Promise<T> {
    const child = fork(join(this.folder, 'test', 'support', `${program}.js`), [JSON.stringify(orders)], {
      execArgv: [],
    });
    let answer: unknown;
    child.once('message', (message) => (answer = message));
    const [code] = await once(child, 'exit');
    if (code !== 0 || answer === undefined) throw new Error(`${program} ended with code ${code}.`);
    return answer as T;
  }

  /** A file of the fleet's folder. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** Starts a program of test/support in a process of its own, which ends with the fleet at the latest. */
  fork(program: string, orders: object): ChildProcess {
    const child = fork(join(this.folder, 'test', 'support', `${program}.js`), [JSON.stringify(orders)], {
      execArgv: [],
    });
    this.processes.add(child);
    child.once('exit', () => this.processes.delete(child));
    return child;
  }

  async notes(): Promise<Note[]> {
    const lines = (await readFile(join(this.folder, 'ledger'), 'utf8')).split('\n').filter(Boolean);
    return lines.map((line) => {
      const [pid, what, id, token, at] = line.split(' ') as [string, Note['what'], string, string, string];
      return { pid: Number(pid), what, id, token, at: Number(at) };
    });
  }

  /** Lets the workers close, and removes the folder. */
  async end(): Promise<void> {
    await Promise.all(
      [...this.processes].map(async (child) => {
        const ended = once(child, 'exit');
        child.kill('SIGCONT');
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await ended;
        clearTimeout(late);
      }),
    );
    await rm(this.folder, { recursive: true, force: true });
  }

  private async startOne(): Promise<number> {
    const orders = { queue: this.queue, ledger: join(this.folder, 'ledger'), options: this.options };
    const child = this.fork(this.program, orders);
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error('A worker of the fleet ended before it was ready.');
      }),
    ]);
    return child.pid!;
  }
}

/**
 * What the ledger cannot explain: jobs that ended more than once although no earlier run was cut short by a kill or told
 * that it had lost its lock, and jobs that never ended.
 */
export function unexplained(
  notes: readonly Note[],
  ids: readonly string[],
  killed: ReadonlySet<number>,
): string[] {
  const byJob = new Map<string, Note[]>(ids.map((id) => [id, []]));
  for (const note of notes) byJob.get(note.id)?.push(note);
  const wrong: string[] = [];
  for (const [id, ofJob] of byJob) {
    const runs = ofJob.filter(({ what }) => what === 'start');
    const ends = ofJob.filter(({ what }) => what === 'end');
    if (ends.length === 0) wrong.push(`job ${id} never ended`);
    for (const run of runs.slice(0, -1)) {
      const failed = ofJob.some(({ what, token }) => what === 'fail' && token === run.token);
      const cut =
        killed.has(run.pid) || ofJob.some(({ what, token }) => what === 'abort' && token === run.token);
      if (!failed && !cut) wrong.push(`job ${id} was run again after ${run.token} of process ${run.pid}`);
    }
    if (new Set(runs.map(({ token }) => token)).size !== runs.length)
      wrong.push(`job ${id} had a token twice`);
  }
  return wrong;
}
