// A program with the types that applications write for bullmq. It is not run: that it compiles is the test.
import {
  FlowProducer,
  Job,
  Queue,
  QueueEvents,
  UnrecoverableError,
  Worker,
  type BackoffOptions,
  type ConnectionOptions,
  type FlowJob,
  type JobJson,
  type JobNode,
  type JobsOptions,
  type JobState,
  type JobType,
  type KeepJobs,
  type Metrics,
  type MinimalJob,
  type Processor,
  type QueueOptions,
  type RepeatOptions,
  type WorkerOptions,
} from '../../lib/compat/bullmq/index.js';

interface Data {
  to: string;
}
interface Result {
  ok: boolean;
}
const connection: ConnectionOptions = { host: 'x', port: 1, maxRetriesPerRequest: null };
const qo: QueueOptions = {
  connection,
  prefix: 'p',
  defaultJobOptions: {
    attempts: 2,
    backoff: { type: 'exponential', delay: 5 },
    removeOnComplete: { age: 1, count: 2 },
  },
};
const queue = new Queue<Data, Result, 'a' | 'b'>('q', qo);
const processor: Processor<Data, Result, 'a' | 'b'> = async (
  job: Job<Data, Result, 'a' | 'b'>,
  token?: string,
) => {
  await job.updateProgress(5);
  await job.moveToDelayed(5, token);
  return { ok: !!token };
};
const wo: WorkerOptions = {
  connection,
  concurrency: 5,
  limiter: { max: 1, duration: 5 },
  settings: {
    backoffStrategy: (attemptsMade: number, type?: string, err?: Error, job?: MinimalJob) =>
      attemptsMade + (type ?? '').length + (err?.message.length ?? 0) + Number(job?.id ?? 0),
  },
};
const worker = new Worker<Data, Result, 'a' | 'b'>('q', processor, wo);
worker.on('failed', (job: Job<Data, Result> | undefined, err: Error, prev: string) => {
  void job?.id;
  void err.message;
  void prev;
});
worker.on('completed', (job: Job, result: Result, prev: string) => {
  void job.returnvalue;
  void result.ok;
  void prev;
});
worker.on('progress', (job: Job, p: number | object | string | boolean) => {
  void p;
  void job;
});
worker.on('stalled', (id: string, prev: string) => {
  void id;
  void prev;
});
worker.on('error', (e: Error) => {
  void e;
});
const ev = new QueueEvents('q', { connection });
ev.on('completed', ({ jobId, returnvalue }, id: string) => {
  void jobId;
  void returnvalue;
  void id;
});
ev.on('failed', ({ jobId, failedReason }: { jobId: string; failedReason: string }) => {
  void jobId;
  void failedReason;
});
ev.on('progress', ({ jobId, data }) => {
  void jobId;
  void data;
});
const flow: FlowJob = {
  name: 'a',
  queueName: 'q',
  data: {},
  children: [{ name: 'b', queueName: 'q', opts: { failParentOnFailure: true } }],
};
export async function run(): Promise<void> {
  const job = await queue.add('a', { to: 'x' }, { jobId: '5a', delay: 5 } satisfies JobsOptions);
  const r: Result = await job.waitUntilFinished(ev, 5);
  void r;
  const jobs: Job<Data, Result, 'a' | 'b'>[] = await queue.getJobs(
    ['waiting', 'delayed', 'wait'] as JobType[],
    0,
    5,
    true,
  );
  void jobs;
  const counts: { [index: string]: number } = await queue.getJobCounts('waiting', 'active');
  void counts;
  const st: JobState | 'unknown' = await job.getState();
  void st;
  const n: number = await queue.setGlobalConcurrency(5);
  void n;
  const m: Metrics = await queue.getMetrics('completed', 0, 5);
  void m;
  const node: JobNode = await new FlowProducer({ connection }).add(flow);
  void node.job;
  void node.children?.[0]?.job;
  const s = await queue.getJobSchedulers(0, 5, true);
  void s[0]?.key;
  void s[0]?.next;
  void s[0]?.every;
  const up = await queue.upsertJobScheduler(
    'a',
    { every: 5, pattern: '* * *' as string },
    { name: 'a', data: { to: 'x' }, opts: { attempts: 3 } },
  );
  void up?.id;
  const j: Job | undefined = await Job.fromId(queue, '1');
  void j;
  const c: string[] = await queue.clean(0, 5, 'completed');
  void c;
  const w: { [index: string]: string }[] = await queue.getWorkers();
  void w;
  const next = (await worker.getNextJob('t')) as Job<Data, Result> | undefined;
  void next?.data.to;
  const json: JobJson = job.asJSON();
  void json;
  const logs: { logs: string[]; count: number } = await queue.getJobLogs('1');
  void logs;
  const b: BackoffOptions = { type: 'fixed' };
  void b;
  const k: KeepJobs = { count: 1 };
  void k;
  const ro: RepeatOptions = { every: 5 };
  void ro;
  const rm: boolean = await queue.removeJobScheduler('x');
  void rm;
  const d: number = await queue.removeDeduplicationKey('x');
  void d;
  const ttl: number = await queue.getRateLimitTtl();
  void ttl;
  const dep = await job.getDependencies({ processed: { count: 5, cursor: 0 } });
  void dep.processed;
  void dep.nextProcessedCursor;
  const cv: Record<string, any> = await job.getChildrenValues<number>();
  void cv;
  throw new UnrecoverableError('x');
}
const each = (job: Job): string | undefined => job.id;
export async function more(): Promise<void> {
  const a: Job | undefined = await queue.getJob('1');
  void a;
  const b: Job<Data, Result>[] = await queue.getWaiting();
  b.map(each);
  (await queue.getFailed(0, 5)).map(each);
  (await queue.getCompleted()).map(each);
  (await queue.getActive()).map(each);
  (await queue.getDelayed()).map(each);
  const c = await Job.fromId<Data, Result>(queue, '1');
  void c?.data.to;
  if (c) each(c);
  each(await Job.create(queue, 'a', { to: 'x' }));
  each(await queue.add('a', { to: 'x' }));
  const flows = new FlowProducer({ connection });
  const node = await flows.add(flow);
  each(node.job);
  node.children?.forEach((child) => each(child.job));
  (await flows.addBulk([flow])).forEach((x) => each(x.job));
  const tree = await flows.getFlow({ id: '1', queueName: 'q' });
  each(tree.job);
  const up: Job | undefined = await queue.upsertJobScheduler('a', { every: 5 });
  void up;
  worker.on('active', (job) => each(job));
  worker.on('completed', (job) => each(job));
  worker.on('failed', (job) => job && each(job));
  const g: number = await queue.setGlobalRateLimit(1, 2);
  void g;
  const h: number = await queue.removeGlobalConcurrency();
  void h;
  const i: number = await queue.removeGlobalRateLimit();
  void i;
  const k: number = await queue.remove('1');
  void k;
  const l: Queue = queue as unknown as Queue;
  await l.add('anything', 5);
  const m: Worker = new Worker('q', null, { connection });
  void m;
  const n: Worker = new Worker('q', '/path/file.js', { connection, useWorkerThreads: true });
  void n;
}
