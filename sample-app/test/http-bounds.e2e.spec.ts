import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { configFromEnvironment } from '../src/app-config.js';
import { PhotoApp } from './support/photo-app.js';
import { photoForm } from './support/photo-form.js';
import { until } from './support/until.js';

const MEGABYTE = 1024 * 1024;
const PHOTO = new URL('../photos/quiet-sea.jpg', import.meta.url);

describe('what the photo app refuses', () => {
  let app: PhotoApp;

  beforeAll(async () => {
    app = await PhotoApp.start({ maxStoredBytes: 3 * MEGABYTE });
  });

  afterAll(() => app.stop());

  /** As a browser or a script would send it, with headers that `fetch` keeps for itself. */
  function send(method: string, path: string, headers: Record<string, string | string[]>): Promise<number> {
    return new Promise((resolve, reject) => {
      const asking = request({ host: '127.0.0.1', port: app.port, method, path, headers }, (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
      asking.once('error', reject).end();
    });
  }

  it.each([
    ['GET', '/', { host: 'elsewhere.example' }, 421],
    ['GET', '/photos', { host: '127.0.0.1.elsewhere.example:3000' }, 421],
    ['GET', '/board/events', { host: 'elsewhere.example' }, 421],
    ['POST', '/traffic', { host: 'elsewhere.example', origin: 'http://elsewhere.example' }, 421],
    ['POST', '/photos/samples/quiet-sea', { origin: 'https://elsewhere.example' }, 403],
    ['POST', '/traffic', { origin: 'http://127.0.0.1:1' }, 403],
    ['POST', '/traffic', { origin: 'null' }, 403],
    ['POST', '/photos', { origin: 'nonsense' }, 403],
    ['GET', '/', { host: 'LOCALHOST:3000' }, 200],
    ['POST', '/traffic', { host: 'localhost:3000', origin: 'http://localhost:3000' }, 202],
    ['POST', '/traffic', {}, 202],
  ])('serves only its own site: %s %s %j', async (method, path, headers, status) => {
    expect(await send(method, path, headers as Record<string, string>)).toBe(status);
  });

  it.each([
    ['/board/events?after=1-1,1-1&after=1-1,1-1', {}],
    ['/board/events?after=yesterday', {}],
    ['/board/events?after=1-1', {}],
    ['/board/events?after=1-1,99999999999999999999-0', {}],
    ['/board/events', { 'last-event-id': 'yesterday' }],
    ['/board/events', { 'last-event-id': ['1-1,1-1', '1-1,1-1'] }],
    ['/photos/1/events', { 'last-event-id': '18446744073709551616-0' }],
    ['/photos/1/events', { 'last-event-id': ['1-1', '1-1'] }],
  ])('refuses what is no cursor: %s %j', async (path, headers) => {
    expect(await send('GET', path, headers)).toBe(400);
  });

  it.each([
    ['GET', '/photos/%E0%A4%A', {}],
    ['GET', '/photos/a%00b', {}],
    ['GET', `/photos/${'x'.repeat(5000)}`, {}],
    ['GET', '/photos/1/pictures/1e9', {}],
    ['GET', '/photos?a=1&a=2', {}],
    ['GET', '/photos/samples?a=1&a=2', {}],
    ['POST', '/photos', { 'content-type': 'multipart/form-data' }],
    ['POST', '/photos', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['GET', '/board/events?after[a]=1', { 'last-event-id': ',' }],
    ['GET', '/vendor/uplot/..%2f..%2f..%2fpackage.json', {}],
  ])('is not surprised by %s %s %j', async (method, path, headers) => {
    expect(await send(method, path, headers as Record<string, string>)).toBeLessThan(500);
  });

  const upload = (bytes: Uint8Array<ArrayBuffer>): Promise<Response> =>
    fetch(`${app.address}/photos`, { method: 'POST', body: photoForm(bytes) });
  const uploads = (): Promise<string[]> => readdir(join(app.dataFolder, 'uploads'));

  it('refuses an image of too many pixels, however small its file', async () => {
    const wide = { width: 7000, height: 5000, channels: 3, background: '#808080' } as const;
    const bytes = await sharp({ create: wide }).png().toBuffer();
    const response = await upload(new Uint8Array(bytes));
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ message: 'This image has more than 30 megapixels.' }),
    ]);
    expect(await uploads()).toEqual([]);
  });

  it('takes only so many uploads at once', async () => {
    const slow = Array.from({ length: 5 }, () => openUpload());
    // Four wait for their bytes; whichever came last is refused.
    const refused = await Promise.race(slow.map(responseTo));
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '2']);
    for (const each of slow) each.destroy();
    expect(
      await until(
        async () => (await upload(new Uint8Array([1]))).status,
        (status) => status === 400,
      ),
    ).toBe(400);
  });

  function responseTo(sending: ClientRequest): Promise<IncomingMessage> {
    return new Promise((resolve) => {
      sending.once('response', resolve);
    });
  }

  /** An upload that has begun and does not end. */
  function openUpload(): ClientRequest {
    const headers = { 'content-type': 'multipart/form-data; boundary=x', 'content-length': '100000' };
    const sending = request({ host: '127.0.0.1', port: app.port, method: 'POST', path: '/photos', headers });
    sending.on('error', () => {}); // It is cut off.
    sending.write('--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n');
    return sending;
  }

  it('keeps an upload only until its pictures are there, and makes room when it needs some', async () => {
    const photo = new Uint8Array(await readFile(PHOTO));
    expect((await upload(photo)).status).toBe(202);
    await until(uploads, (files) => files.length === 0);
    expect(await uploads()).toEqual([]);
    const pictures = await readdir(join(app.dataFolder, 'pictures'));
    expect(pictures).toHaveLength(3);

    // Of a job that is no more; one that was written a moment ago could belong to a photo that is being added.
    const orphan = join(app.dataFolder, 'uploads', 'orphan');
    await writeFile(orphan, new Uint8Array(2 * MEGABYTE));
    const full = await upload(photo);
    expect([full.status, await full.json()]).toEqual([
      507,
      expect.objectContaining({
        message: 'No more photos can be kept: wait until some are published or fail.',
      }),
    ]);
    expect((await fetch(`${app.address}/photos/samples/broken`, { method: 'POST' })).status).toBe(507);
    expect(await uploads()).toEqual(['orphan']);

    await utimes(orphan, 0, 0);
    expect((await upload(photo)).status).toBe(202);
    expect(await uploads()).not.toContain('orphan');
    expect(await readdir(join(app.dataFolder, 'pictures'))).toEqual(expect.arrayContaining(pictures));
  });

  it('listens where nobody else can reach it, unless it is told otherwise', () => {
    expect(configFromEnvironment('redis://x', {}).host).toBe('127.0.0.1');
    expect(configFromEnvironment('redis://x', { HOST: '10.0.0.5' })).toMatchObject({
      host: '10.0.0.5',
      hosts: expect.arrayContaining(['127.0.0.1', '10.0.0.5']),
    });
  });

  it('keeps its files where nobody can have prepared a place for them', () => {
    const [one, other] = [configFromEnvironment('redis://x', {}), configFromEnvironment('redis://x', {})];
    expect(one.dataFolder).not.toBe(other.dataFolder);
    expect(configFromEnvironment('redis://x', { STEPWELL_DATA: '/srv/photos' }).dataFolder).toBe(
      '/srv/photos',
    );
    expect(configFromEnvironment('redis://x', { STEPWELL_HOSTS: 'Photos.example, b.example' }).hosts).toEqual(
      expect.arrayContaining(['localhost', 'photos.example', 'b.example']),
    );
  });
});
