import { it } from '@jest/globals';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { connectTestRedis } from '../support/redis.js';
import { addJobs, cleanJobs, drainQueue, obliterateQueue, pauseQueue, listJobs, removeJob } from '../../lib/redis/scripts.generated.js';
it('measures', async () => {
  const c = connectTestRedis();
  const r = new ScriptRunner(c, new QueueKeys('zz', 'm'));
  const t = async (name: string, f: () => Promise<unknown>) => { const s = performance.now(); await f(); process.stdout.write(name + ' ' + (performance.now() - s).toFixed(1) + ' ms\n'); };
  for (let s = 0; s < 300; s++) await r.run(addJobs, [1, 'a', `${s}`], Array.from({ length: 1000 }, () => ['', '', 'w\n{}\n{}']).flat());
  for (let i = 0; i < 2; i++) {
  await t('list deep', () => r.run(listJobs, ['waiting', 150000, 151000, 0]));
  await t('remove deep', () => r.run(removeJob, [0, 'b', '1' + i, '29000' + i]));
  await t('clean deep', () => r.run(cleanJobs, [0, 'b', '2' + i, 'waiting', 0, 0, 290000]));
  await t('clean front', () => r.run(cleanJobs, [0, 'b', '3' + i, 'waiting', 0, 0, 0]));
  await t('drain', () => r.run(drainQueue, [0]));
  }
  await r.run(pauseQueue, [1]);
  await t('obliterate', () => r.run(obliterateQueue, [1000, 0]));
  await t('obliterate', () => r.run(obliterateQueue, [1000, 0]));
  while ((await r.run(obliterateQueue, [1000, 0])) === 'more');
  await c.unlink('zz:{m}:writer:a', 'zz:{m}:writer:b');
  await c.quit();
}, 60000);
