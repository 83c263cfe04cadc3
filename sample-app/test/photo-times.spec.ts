import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getQueueToken, type Job, type Queue, STEPWELL_OPTIONS } from 'stepwell';
import { createTimeTravel, runStep, type TimeTravel } from 'stepwell/testing';
import { AppModule } from '../src/app.module.js';
import { configFromEnvironment } from '../src/app-config.js';
import { PHOTOS } from '../src/photos/photo.js';
import { PhotoProcessor } from '../src/photos/photo-processor.js';
import { PhotoStore } from '../src/photos/photo-store.js';
import { UPKEEP } from '../src/upkeep/upkeep.js';
import { PhotosService } from '../src/photos/photos.service.js';

const REDIS_URL = process.env['STEPWELL_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

let time: TimeTravel;
let app: INestApplication;
let dataFolder: string;

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'stepwell-photos-test-'));
  time = await createTimeTravel({ redis: REDIS_URL, patienceMs: 10_000 });
  const config = { ...configFromEnvironment(REDIS_URL), dataFolder, paceMs: 0 };
  const testing = await Test.createTestingModule({ imports: [AppModule.with(config)] })
    .overrideProvider(STEPWELL_OPTIONS)
    .useValue({ connection: time.connection, prefix: randomBytes(6).toString('hex') })
    .compile();
  app = await testing.createNestApplication({ logger: ['fatal', 'error'] }).init();
  // What comes every minute for ever would only be in the way.
  const upkeep = app.get<Queue>(getQueueToken(UPKEEP));
  for (const { key } of await upkeep.getJobSchedulers()) await upkeep.pauseJobScheduler(key);
});

afterEach(async () => {
  await app.close();
  await time.close();
  await rm(dataFolder, { recursive: true, force: true });
});

async function jobOf(id: string): Promise<Job> {
  return (await app.get<Queue>(getQueueToken(PHOTOS)).getJob(id)) as Job;
}

it('a photo that nobody looks at is asked about each day, until somebody does', async () => {
  const photos = app.get(PhotosService);
  const { id } = await photos.addSample('quiet-sea');
  await time.advance('3d');

  const asked = (await (await jobOf(id)).getSteps()).find(({ name }) => name === 'review');
  expect(asked?.status).toBe('awaiting');
  expect(time.now - (asked?.startedOn ?? 0)).toBeLessThan(24 * 3600_000);

  await photos.review(id, { verdict: 'approved', by: 'somebody' });
  await time.settle();
  expect(await photos.get(id)).toMatchObject({ state: 'completed', review: { by: 'somebody' } });
});

it('a photo is published once, although its process dies on the way', async () => {
  const photos = app.get(PhotosService);
  time.crash('after the effect of inspect');
  time.crash('after resize');
  const { id } = await photos.addSample('desert-dusk');
  await time.advance('5m');
  expect((await (await jobOf(id)).getSteps()).map(({ status }) => status)).toEqual([
    ...['completed', 'completed', 'completed', 'awaiting'],
  ]);
  expect(await photos.get(id)).toMatchObject({ pictures: [{}, {}, {}] });
});

it('a broken photo is tried three times, two and then four seconds apart', async () => {
  const { id } = await app.get(PhotosService).addSample('broken');
  const began = time.now;
  await time.runUntilIdle();
  const job = await jobOf(id);
  expect(await job.isFailed()).toBe(true);
  expect(job.attemptsMade).toBe(3);
  expect(Math.round(((job.finishedOn ?? 0) - began) / 1000)).toBe(6);
});

it('a review that did not come in time is asked for again', async () => {
  const report = await runStep(PhotoProcessor, 'publish', {
    results: { review: { timedOut: true } },
    providers: [{ provide: PhotoStore, useValue: {} }],
  });
  expect(report.next).toBe('review');
});
