import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import sharp from 'sharp';
import { getQueueToken, type Queue } from 'stepwell';
import type { PhotoView } from '../src/photos/photo-view.js';
import { PhotoApp } from './support/photo-app.js';
import { photoForm } from './support/photo-form.js';

const PHOTOS = new URL('../photos/', import.meta.url);

describe('the photo app', () => {
  let running: PhotoApp;
  let app: NestExpressApplication;
  let address: string;

  beforeAll(async () => {
    running = await PhotoApp.start({ paceMs: 60 });
    ({ app, address } = running);
  });

  afterAll(() => running.stop());

  async function ask<T>(method: string, path: string, body?: FormData): Promise<{ status: number; body: T }> {
    const response = await fetch(`${address}${path}`, { method, ...(body ? { body } : {}) });
    return { status: response.status, body: (await response.json()) as T };
  }

  async function photoBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await readFile(new URL(name, PHOTOS)));
  }

  const isAwaiting = ({ state, steps }: PhotoView): boolean =>
    state === 'delayed' && steps.some(({ status }) => status === 'awaiting');

  /** Follows a photo until it ends or has to be approved; returns all that was seen of it, each state of things once. */
  async function follow(id: string): Promise<PhotoView[]> {
    const seen = new Map<string, PhotoView>();
    for (const end = Date.now() + 15_000; Date.now() < end; await pause(5)) {
      const { body } = await ask<PhotoView>('GET', `/photos/${id}`);
      seen.set(JSON.stringify(body), body);
      if (body.state === 'completed' || body.state === 'failed' || isAwaiting(body))
        return [...seen.values()];
    }
    throw new Error(`Photo ${id} did not come to an end`);
  }

  /** Follows a photo to its publication. */
  async function publish(id: string): Promise<PhotoView> {
    await follow(id);
    expect(await ask('POST', `/photos/${id}/approve`)).toMatchObject({ status: 202 });
    for (const end = Date.now() + 15_000; Date.now() < end; await pause(5)) {
      const { body } = await ask<PhotoView>('GET', `/photos/${id}`);
      if (body.state === 'completed') return body;
    }
    throw new Error(`Photo ${id} was not published`);
  }

  it('takes an upload through its steps, and tells how far it is', async () => {
    const added = await ask<PhotoView>(
      'POST',
      '/photos',
      photoForm(await photoBytes('quiet-sea.jpg'), 'Überfahrt <b>.jpg'),
    );
    expect(added).toMatchObject({
      status: 202,
      body: { title: 'Überfahrt <b>', state: 'waiting', pictures: [] },
    });

    const seen = await follow(added.body.id);
    // Pictures that are ready at the same time are told of together.
    const counts = seen.map(({ pictures }) => pictures.length);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(3);
    expect(counts[0]).toBeLessThan(3);
    expect(seen.at(-1)).toMatchObject({
      state: 'delayed',
      steps: [
        { name: 'inspect', status: 'completed', attempts: 1 },
        { name: 'resize', status: 'completed' },
        { name: 'collect', status: 'completed' },
        { name: 'review', status: 'awaiting' },
        { name: 'publish', status: 'pending' },
      ],
    });

    const photo = await publish(added.body.id);
    expect(photo).toMatchObject({
      review: { verdict: 'approved', by: 'somebody at the board' },
      inspection: {
        format: 'jpeg',
        width: 1600,
        height: 1066,
        color: expect.stringMatching(/^#[\da-f]{6}$/),
      },
      pictures: [{ width: 320 }, { width: 640 }, { width: 1280 }],
    });
    expect(photo.steps.map(({ status }) => status)).toEqual(Array(5).fill('completed'));
    for (const picture of photo.pictures) {
      const response = await fetch(`${address}${picture.url}`);
      const { format, width, height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
      expect(response.headers.get('content-type')).toBe('image/webp');
      expect({ format, width, height }).toEqual({
        format: 'webp',
        width: picture.width,
        height: picture.height,
      });
    }
  });

  it('tells what happens to a photo until its end, and goes on where a listener was', async () => {
    const { body } = await ask<PhotoView>('POST', '/photos/samples/quiet-sea');
    const listening = fetch(`${address}/photos/${body.id}/events`);
    await publish(body.id);
    const told = await (await listening).text();

    const events = [...told.matchAll(/^event: (.+)$/gm)].map(([, event]) => event);
    expect(events[0]).toBe('snapshot');
    expect(events).toEqual(expect.arrayContaining(['step-completed', 'waiting-children', 'signalled']));
    expect(events.at(-1)).toBe('completed');
    const ids = [...told.matchAll(/^id: (.+)$/gm)].map(([, id]) => id as string);
    const rest = await fetch(`${address}/photos/${body.id}/events`, {
      headers: { 'Last-Event-ID': ids.at(-3) as string },
    });
    expect([...(await rest.text()).matchAll(/^id: (.+)$/gm)].map(([, id]) => id)).toEqual(ids.slice(-2));

    const nonsense = { 'Last-Event-ID': 'yesterday' };
    const refused = await fetch(`${address}/photos/${body.id}/events`, { headers: nonsense });
    expect(refused.status).toBe(400);
  });

  it('keeps the bytes of images out of Redis', async () => {
    const queue = app.get<Queue>(getQueueToken('photos'));
    const { body } = await ask<PhotoView>('POST', '/photos', photoForm(await photoBytes('desert-dusk.jpg')));
    await publish(body.id);

    const job = await queue.getJob(body.id);
    expect(job?.data).toEqual({
      title: 'photo',
      file: expect.stringMatching(/^upload:[\da-f-]{36}$/),
      digest: expect.stringMatching(/^[\da-f]{64}$/),
    });
    expect(JSON.stringify(await job?.getSteps()).length).toBeLessThan(2000);
  });

  it('makes no second job of a photo that is on its way, and tells so', async () => {
    const photo = await photoBytes('northern-lights.jpg');
    const first = await ask<PhotoView>('POST', '/photos', photoForm(photo, 'lights.jpg'));
    const again = await ask<PhotoView>('POST', '/photos', photoForm(photo, 'the same.jpg'));
    expect(again).toMatchObject({
      status: 202,
      body: { id: first.body.id, title: 'lights', isDuplicate: true },
    });

    expect(await publish(first.body.id)).toMatchObject({ duplicates: 1 });
    const later = await ask<PhotoView>('POST', '/photos', photoForm(photo));
    expect(later.body.id).not.toBe(first.body.id);
    await publish(later.body.id);
  });

  it('takes an approval that comes early, and none for what is published', async () => {
    const { body } = await ask<PhotoView>('POST', '/photos/samples/desert-dusk');
    await publish(body.id);
    expect(await ask('POST', `/photos/${body.id}/approve`)).toMatchObject({
      status: 409,
      body: { message: `Photo ${body.id} has come to its end.` },
    });

    const queue = app.get<Queue>(getQueueToken('photos'));
    await queue.pause();
    const early = await ask<PhotoView>('POST', '/photos/samples/desert-dusk');
    expect(await ask('POST', `/photos/${early.body.id}/approve`)).toMatchObject({ status: 202 });
    await queue.resume();
    expect((await follow(early.body.id)).at(-1)).toMatchObject({ state: 'completed' });
  });

  it('fails a broken photo after all its attempts, and tries again when asked', async () => {
    const { status, body } = await ask<PhotoView>('POST', '/photos/samples/broken');
    expect(status).toBe(202);

    const failed = (await follow(body.id)).at(-1);
    expect(failed).toMatchObject({
      state: 'failed',
      steps: [{ name: 'inspect', status: 'failed', attempts: 3 }, {}, {}, {}, {}],
      pictures: [],
    });
    expect(failed?.failure?.reason).toContain('premature end of JPEG image');

    const retried = await ask<PhotoView>('POST', `/photos/${body.id}/retry`);
    expect(retried).toMatchObject({ status: 202, body: { id: body.id } });
    expect((await follow(body.id)).at(-1)).toMatchObject({
      state: 'failed',
      steps: [{ attempts: 3 }, {}, {}, {}, {}],
    });
  });

  it('fails a photo whose pictures cannot be made, and with them tries again when asked', async () => {
    const folder = join(running.dataFolder, 'pictures');
    await rename(folder, `${folder}-away`);
    const { body } = await ask<PhotoView>('POST', '/photos/samples/alpine-dawn');
    const failed = (await follow(body.id)).at(-1);
    expect(failed).toMatchObject({
      state: 'failed',
      steps: [{ status: 'completed' }, { name: 'resize', status: 'failed' }, {}, {}, {}],
    });
    expect(failed?.failure?.reason).toContain('ENOENT');

    await rename(`${folder}-away`, folder);
    await ask('POST', `/photos/${body.id}/retry`);
    expect(await publish(body.id)).toMatchObject({
      pictures: [{}, {}, {}],
      steps: [{ attempts: 1 }, {}, {}, {}, {}],
    });
  });

  it('lists all photos, the newest first', async () => {
    const { body: samples } = await ask<string[]>('GET', '/photos/samples');
    expect(samples).toHaveLength(7);
    const first = await ask<PhotoView>('POST', '/photos/samples/alpine-dawn');
    const second = await ask<PhotoView>('POST', '/photos/samples/harbor-night');
    await publish(first.body.id);
    await publish(second.body.id);

    const { body } = await ask<PhotoView[]>('GET', '/photos');
    expect(body.slice(0, 2)).toMatchObject([
      { id: second.body.id, title: 'harbor night', state: 'completed' },
      { id: first.body.id, title: 'alpine dawn', state: 'completed' },
    ]);
  });

  it.each([
    [
      'no file',
      'POST',
      '/photos',
      new FormData(),
      400,
      'Send one image as the field "photo" of a multipart form.',
    ],
    [
      'no image',
      'POST',
      '/photos',
      photoForm(new Uint8Array([1, 2, 3])),
      400,
      'This is not an image: send a JPEG',
    ],
    [
      'a drawing',
      'POST',
      '/photos',
      photoForm(new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')),
      400,
      'This is not an image',
    ],
    ['too much', 'POST', '/photos', photoForm(new Uint8Array(16 * 1024 * 1024)), 413, 'File too large'],
    [
      'an unknown sample',
      'POST',
      '/photos/samples/..%2fmain',
      undefined,
      404,
      'There is no sample "../main"',
    ],
    ['an unknown photo', 'GET', '/photos/9999', undefined, 404, 'There is no photo 9999.'],
    [
      'an unknown picture',
      'GET',
      '/photos/1/pictures/321',
      undefined,
      404,
      'Pictures are 320, 640, 1280 pixels wide.',
    ],
    ['a retry of what is well', 'POST', '/photos/1/retry', undefined, 409, 'Photo 1 has not failed.'],
    ['an approval of nothing', 'POST', '/photos/9999/approve', undefined, 404, 'There is no photo 9999.'],
  ])('refuses %s', async (_what, method, path, body, status, message) => {
    const answer = await ask<{ message: string }>(method, path, body);

    expect(answer.status).toBe(status);
    expect(answer.body.message).toContain(message);
  });

  it('says how it is', async () => {
    const { status, body } = await ask('GET', '/health');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'up',
      queues: { photos: { isRunning: true, jobs: { active: 0 } } },
      lastTrace: expect.arrayContaining([expect.stringMatching(/^(add|process|step) /)]),
    });
  });

  it('serves the page, which may load nothing from elsewhere', async () => {
    const page = await fetch(`${address}/`);
    const html = await page.text();

    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const response = await fetch(`${address}/${file}`);
      expect([file, response.status]).toEqual([file, 200]);
      await response.arrayBuffer();
    }
  });

  it('puts names and errors into the page as text: nothing there makes HTML of a string', async () => {
    const folder = new URL('../public/', import.meta.url);
    const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    expect(scripts).toContain('element.js');
    for (const name of scripts) {
      const text = await readFile(new URL(name, folder), 'utf8');
      expect([name, /\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|setHTML/.exec(text)]).toEqual(
        [name, null],
      );
    }
  });

  it('reports every minute and tidies up every night, and does so at once when asked to', async () => {
    const schedules = async () =>
      (await ask<{ name: string; next: number; last?: { words: string } }[]>('GET', '/schedules')).body;
    const { status } = await ask('POST', '/schedules/tidy/run');
    expect(status).toBe(202);
    expect((await ask('POST', '/schedules/none/run')).status).toBe(404);
    let found = await schedules();
    for (
      const end = Date.now() + 10_000;
      found.some(({ last }) => !last) && Date.now() < end;
      await pause(20)
    )
      found = await schedules();

    expect(found).toEqual([
      { name: 'report', next: expect.any(Number), last: expect.anything() },
      { name: 'tidy', next: expect.any(Number), last: expect.objectContaining({ words: '0 files removed' }) },
    ]);
    expect(found[0]!.next - Date.now()).toBeLessThanOrEqual(60_000);
    expect(new Date(found[1]!.next).toISOString()).toMatch(/T0[12]:00:00/);
  });
});
