import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getQueueToken, type Queue } from 'stepwell';
import { PHOTOS } from '../src/photos/photo.js';
import { CuttableProxy } from './support/cuttable-proxy.js';
import { PhotoApp } from './support/photo-app.js';
import { photoForm } from './support/photo-form.js';
import { until } from './support/until.js';

const REDIS = new URL(process.env['STEPWELL_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379');
const PHOTO = new URL('../photos/quiet-sea.jpg', import.meta.url);

const UP = /"redis":"up"/;
const AWAY = /"redis":"away"/;

describe.each(['hang', 'cut'] as const)('the app whose Redis is away (%s)', (fault) => {
  let proxy: CuttableProxy;
  let app: PhotoApp;

  beforeEach(async () => {
    proxy = await CuttableProxy.start();
    proxy.target = Number(REDIS.port || 6379);
    app = await PhotoApp.start({ redisUrl: proxy.address.replace('http', 'redis') });
    app.app.useLogger(false); // It says that Redis is away.
  });

  afterEach(async () => {
    proxy.mend();
    await app.stop();
    await proxy.stop();
  });

  const upload = async (): Promise<Response> => {
    const body = photoForm(new Uint8Array(await readFile(PHOTO)));
    return fetch(`${app.address}/photos`, { method: 'POST', body });
  };
  const uploads = (): Promise<string[]> => readdir(join(app.dataFolder, 'uploads'));
  const health = (status: number): Promise<number> =>
    until(
      async () => (await fetch(`${app.address}/health`)).status,
      (found) => found === status,
    );

  it('refuses uploads soon and says so on the board, and takes and shows everything when it is back', async () => {
    await app.app.get<Queue>(getQueueToken(PHOTOS)).pause();
    await health(200);
    const board = await listen(`${app.address}/board/events`);
    await board.has(UP, /event: snapshot\n/);
    proxy[fault]();

    // The first one finds out; the next one is refused at once.
    for (const withinMs of [5000, 1000]) {
      const startMs = performance.now();
      const response = await upload();
      expect([response.status, performance.now() - startMs < withinMs]).toEqual([503, true]);
      expect(await response.json()).toMatchObject({
        message: 'Redis is away: nothing can be done until it is back.',
      });
      // Neither its file nor its job is kept.
      expect(await uploads()).toEqual([]);
    }
    for (const path of ['photos', 'photos/1', 'photos/1/details', 'photos/1/pictures/320', 'health']) {
      expect([path, (await fetch(`${app.address}/${path}`)).status]).toEqual([path, 503]);
    }
    expect((await fetch(`${app.address}/photos/samples`)).status).toBe(200);
    await board.has(AWAY);
    const late = await listen(`${app.address}/board/events`);
    await late.has(AWAY, /event: tick\n/);
    expect(late.text).not.toMatch(/event: snapshot/);

    proxy.mend();
    expect(await health(200)).toBe(200);
    const response = await until(
      () => upload(),
      ({ status }) => status === 202,
    );
    expect(response.status).toBe(202);
    const counts = await until(
      () => app.app.get<Queue>(getQueueToken(PHOTOS)).getJobCounts(),
      ({ waiting }) => waiting === 1,
    );
    expect(counts).toMatchObject({ waiting: 1 });
    expect(await uploads()).toHaveLength(1);
    await late.has(UP, /event: snapshot\n/);
    await board.has(/"redis":"away"[^]*"redis":"up"[^]*event: snapshot\n/);
    await board.end();
    await late.end();
  });
});

describe('the app whose Redis is slow', () => {
  it('takes a photo again while the job that came too late is taken back', async () => {
    const app = await PhotoApp.start();
    const queue = app.app.get<Queue>(getQueueToken(PHOTOS));
    await queue.pause();
    const add = queue.add.bind(queue);
    jest.spyOn(queue, 'add').mockImplementationOnce(async (...args) => {
      const job = await add(...args);
      await pause(2000);
      return job;
    });
    const upload = async (): Promise<Response> => {
      const body = photoForm(new Uint8Array(await readFile(PHOTO)));
      return fetch(`${app.address}/photos`, { method: 'POST', body });
    };

    expect((await upload()).status).toBe(503);
    const again = await upload();

    expect(again.status).toBe(202);
    expect(await again.json()).not.toMatchObject({ isDuplicate: true });
    expect(await queue.getWaitingCount()).toBe(1);
    expect(await readdir(join(app.dataFolder, 'uploads'))).toHaveLength(1);
    await app.stop();
  });
});

interface Listening {
  readonly text: string;
  /** Waits until all of this was told. */
  has(...told: RegExp[]): Promise<void>;
  end(): Promise<void>;
}

async function listen(address: string): Promise<Listening> {
  const stop = new AbortController();
  const response = await fetch(address, { signal: stop.signal });
  let text = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? [])
      text += decoder.decode(bytes as Uint8Array, { stream: true });
  })().catch(() => undefined);
  return {
    get text() {
      return text;
    },
    async has(...told) {
      for (const end = Date.now() + 15_000; !told.every((each) => each.test(text)); await pause(20)) {
        if (Date.now() > end) throw new Error(`Not told in time of ${told.join(', ')}: ${text.slice(-2000)}`);
      }
    },
    async end() {
      stop.abort();
      await reading;
    },
  };
}
