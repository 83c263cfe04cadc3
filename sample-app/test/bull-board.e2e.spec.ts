import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FlowProducer } from 'stepwell/bullmq';
import { getQueueToken, type Queue } from 'stepwell';
import { PHOTOS, PICTURES } from '../src/photos/photo.js';
import { APP_CONFIG, type AppConfig } from '../src/app-config.js';
import { PhotoApp } from './support/photo-app.js';
import { until } from './support/until.js';

describe('Bull Board', () => {
  let app: PhotoApp;
  let pictures: Queue;

  beforeAll(async () => {
    app = await PhotoApp.start();
    pictures = app.app.get(getQueueToken(PICTURES));
    await pictures.pause();
  });

  afterAll(() => app.stop());

  async function ask(path: string, method = 'GET'): Promise<any> {
    const response = await fetch(`${app.address}/board/api/${path}`, { method });
    const body: unknown = await response.json();
    expect({ path, status: response.status, body }).toMatchObject({ status: 200 });
    return body;
  }

  const stateOf = (id: string): Promise<string> => pictures.getJobState(id);

  it('serves its page, which may not load anything from elsewhere', async () => {
    const response = await fetch(`${app.address}/board`);
    expect(await response.text()).toContain('<title>Photos</title>');
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self';");
    // The app's own page and stream keep their policy.
    const page = await fetch(`${app.address}/`);
    expect(page.headers.get('content-security-policy')).toContain("style-src 'self';");
  });

  it('lists the queues with their jobs', async () => {
    await pictures.add('resize', { width: 5 }, { jobId: 'late', delay: 60_000 });
    const { queues } = await ask(`queues?activeQueue=${PICTURES}&status=delayed&page=1&jobsPerPage=10`);
    expect(queues.map(({ name }: { name: string }) => name)).toEqual([PHOTOS, PICTURES]);
    expect(queues[1]).toMatchObject({
      isPaused: true,
      hasWorkers: true,
      jobs: [{ id: 'late', data: { width: 5 } }],
    });
    expect(await ask('redis/stats')).toMatchObject({ backend: 'redis' });
    expect((await ask(`queues/${PICTURES}/workers`)).workers).toHaveLength(1);
  });

  it('opens, promotes and removes a job, and shows its log', async () => {
    await (await pictures.getJob('late'))!.log('a line');
    expect(await ask(`queues/${PICTURES}/late`)).toMatchObject({
      status: 'delayed',
      job: { id: 'late', name: 'resize' },
    });
    expect(await ask(`queues/${PICTURES}/late/logs`)).toMatchObject(['a line']);
    await fetch(`${app.address}/board/api/queues/${PICTURES}/late/promote`, { method: 'PUT' });
    expect(await stateOf('late')).toBe('waiting');
    await fetch(`${app.address}/board/api/queues/${PICTURES}/late/clean`, { method: 'PUT' });
    expect(await stateOf('late')).toBe('unknown');
  });

  it('resumes and pauses a queue, and has a failed job tried again', async () => {
    await pictures.add('unknown-to-the-processor', {}, { jobId: 'bad', attempts: 1 });
    await fetch(`${app.address}/board/api/queues/${PICTURES}/resume`, { method: 'PUT' });
    await until(
      () => stateOf('bad'),
      (state) => state === 'failed',
    );
    await fetch(`${app.address}/board/api/queues/${PICTURES}/pause`, { method: 'PUT' });
    expect(await pictures.isPaused()).toBe(true);
    await fetch(`${app.address}/board/api/queues/${PICTURES}/bad/retry`, { method: 'PUT' });
    expect(await stateOf('bad')).toBe('waiting');
  });

  it('shows the tree of a flow', async () => {
    const { redisUrl, prefix } = app.app.get<AppConfig>(APP_CONFIG);
    const flows = new FlowProducer({ connection: redisUrl, prefix });
    await flows.add({
      name: 'top',
      queueName: PICTURES,
      opts: { jobId: 'top' },
      children: [{ name: 'below', queueName: PICTURES, opts: { jobId: 'below', delay: 60_000 } }],
    });
    expect(JSON.stringify(await ask(`queues/${PICTURES}/below/flow`))).toContain('"top"');
    await flows.close();
  });
});
