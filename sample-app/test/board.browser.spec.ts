import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { getQueueEventsToken, getQueueToken, type Queue, type QueueEvents } from 'stepwell';
import { fileURLToPath } from 'node:url';
import { PHOTOS, PICTURES } from '../src/photos/photo.js';
import { happeningOf } from '../src/board/happening.js';
import { BoardPage } from './support/board-page.js';
import { CuttableProxy } from './support/cuttable-proxy.js';
import { PhotoApp } from './support/photo-app.js';
import { until } from './support/until.js';

const program = process.env['STEPWELL_TEST_BROWSER'] ?? '';
const PHOTO = fileURLToPath(new URL('../photos/quiet-sea.jpg', import.meta.url));

jest.setTimeout(60_000);

// Without a browser the page goes untested, which must not pass unnoticed where it counts.
(program === '' && !process.env['CI'] ? describe.skip : describe)('the board in a browser', () => {
  let app: PhotoApp;
  let proxy: CuttableProxy;
  let browser: Browser;
  let board: BoardPage;

  beforeAll(async () => {
    if (program === '') throw new Error('There is no Chromium for this test; CHROME_PATH may name one.');
    [app, proxy, browser] = await Promise.all([
      PhotoApp.start({ paceMs: 20, retryMs: 20, trafficMs: 2000 }),
      CuttableProxy.start(),
      chromium.launch({ executablePath: program }),
    ]);
    proxy.target = app.port;
    board = await BoardPage.open(browser, proxy.address);
  });

  afterAll(async () => {
    await browser?.close();
    await proxy?.stop();
    await app?.stop();
  });

  const queueOf = (name: string): Queue => app.app.get(getQueueToken(name));

  afterEach(() => board?.expectNoComplaint());

  it('takes a photo through its steps, with an approval by hand, and shows a picture large', async () => {
    await board.page.locator('#files').setInputFiles(PHOTO);
    const card = await board.card('quiet-sea', 'awaiting-approval');
    const statuses = () =>
      card
        .locator('.steps li')
        .evaluateAll((steps) =>
          steps.map((step) => `${step.querySelector('b')?.textContent} ${step.getAttribute('data-status')}`),
        );
    expect(await statuses()).toEqual([
      'inspect completed',
      'resize completed',
      'collect completed',
      'approve awaiting',
      'publish pending',
    ]);
    expect(await card.locator('.pictures a').allTextContents()).toEqual(['320', '640', '1280']);

    const approve = card.getByRole('button', { name: 'Approve' });
    await approve.focus();
    await board.page.keyboard.press('Enter');
    await board.card('quiet-sea', 'completed');
    expect(new Set((await statuses()).map((step) => step.split(' ')[1]))).toEqual(new Set(['completed']));
    expect(await approve.isVisible()).toBe(false);
    expect(await card.locator(':focus').count()).toBe(1); // It went with the button that is gone.

    await card.getByRole('button', { name: 'Enlarge quiet-sea' }).click();
    const viewer = board.page.getByRole('dialog');
    await viewer.getByText('quiet-sea · 1280 × 853').waitFor();
    await board.page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'hidden' });
  });

  it('tries a failed photo again when told, and keeps the place of the keyboard', async () => {
    await board.addSample('broken');
    const card = await board.card('broken', 'failed');
    expect(await card.locator('.error').textContent()).toContain('premature end of JPEG image');
    expect(await card.locator('.steps [data-status=failed]').count()).toBe(1);

    const retry = card.getByRole('button', { name: 'Retry' });
    await retry.focus();
    await board.page.keyboard.press('Enter');
    const lines = board.page.locator('#activity [data-event=failed]');
    await until(
      () => lines.count(),
      (count) => count === 2,
    );
    await board.card('broken', 'failed');
    expect(await card.locator(':focus').count()).toBe(1);
  });

  it('makes no second job of a photo that is on its way, and says so', async () => {
    await queueOf(PHOTOS).pause();
    await board.addSample('alpine dawn');
    const card = await board.card('alpine dawn', 'waiting');
    await board.addSample('alpine dawn');

    await board.page.getByText(/^alpine dawn is on its way already, as job \d+\.$/).waitFor();
    await card.getByText('+1 left out as duplicate').waitFor();
    expect(await board.page.locator('#activity [data-event=deduplicated]').count()).toBe(1);
    await queueOf(PHOTOS).resume();
    await board.card('alpine dawn', 'awaiting-approval');
  });

  it('counts jobs by queue and state, and draws what a minute brought', async () => {
    await board.page.getByRole('button', { name: 'Send traffic' }).click();
    const bars = board.page.locator('#throughput .done');
    await until(
      () => bars.evaluateAll((all) => all.filter((bar) => bar.getAttribute('height') !== '0').length),
      (count) => count > 1,
    );

    const counts = await queueOf(PHOTOS).getJobCounts('completed', 'failed');
    const row = board.page.getByRole('row', { name: 'photos' });
    expect(await row.locator('[data-state=completed]').textContent()).toBe(String(counts['completed']));
    expect(await row.locator('[data-state=failed]').textContent()).toBe(String(counts['failed']));
    expect(await board.page.getByRole('img', { name: /^Jobs finished each second: \d+ now/ }).count()).toBe(
      1,
    );
    expect(
      await board.page.getByRole('img', { name: /^Time until a worker starts a job: half within/ }).count(),
    ).toBe(1);
  });

  it('tells every event once and in its order, whatever happens to the connection', async () => {
    await queueOf(PICTURES).pause();
    await board.addSample('harbor night');
    await board.card('harbor night', 'waiting-children');
    proxy.cut();
    await board.connection('reconnecting');
    // Nobody is there to be told of these.
    await queueOf(PICTURES).resume();
    for (const name of ['desert-dusk', 'northern-lights']) {
      await fetch(`${app.address}/photos/samples/${name}`, { method: 'POST' });
    }
    await until(
      () => queueOf(PHOTOS).getJobCounts('waiting', 'active', 'waiting-children'),
      (counts) => Object.values(counts).every((count) => count === 0),
    );
    proxy.mend();

    await board.connection('live');
    for (const title of ['harbor night', 'desert dusk', 'northern lights']) {
      await board.card(title, 'awaiting-approval');
    }
    for (const queue of [PHOTOS, PICTURES]) {
      const happened = await happenings(app.app.get<QueueEvents>(getQueueEventsToken(queue)));
      const shown = await until(
        () => board.eventIds(queue),
        (ids) => ids.length === happened.length,
      );
      expect(shown).toEqual(happened);
      expect(new Set(shown).size).toBeGreaterThan(10);
    }
    board.forgive();
  });

  it('goes on after the app was restarted, with photos that wait', async () => {
    await app.end();
    await board.connection('reconnecting');
    await app.begin();
    proxy.target = app.port;
    await board.connection('live');

    const card = await board.card('harbor night', 'awaiting-approval');
    await card.getByRole('button', { name: 'Approve' }).click();
    await board.card('harbor night', 'completed');
    expect(await card.locator('.steps [data-status=completed]').count()).toBe(5);
    board.forgive();
  });

  it('fits a phone in the dark and a wide screen in the light', async () => {
    await board.page.locator('.card').first().waitFor();
    for (const [width, colorScheme] of [
      [340, 'dark'],
      [1600, 'light'],
    ] as const) {
      await board.page.emulateMedia({ colorScheme });
      await board.page.setViewportSize({ width, height: 800 });
      expect(await board.page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    }
  });

  it('names all that can be pressed', async () => {
    const pressed = await board.page.locator('button:visible, a:visible, input, summary').all();
    for (const control of pressed) {
      expect(await control.ariaSnapshot()).toMatch(/^- \w+ ".+"|^- \/url|^- generic: .+/);
    }
  });
});

/** Ids of all events that the activity list tells of, the oldest first. */
async function happenings(events: QueueEvents): Promise<string[]> {
  const seen: string[] = [];
  const reading = events.follow({ after: '0' }).subscribe((event) => {
    const happening = happeningOf({ queue: events.name, event });
    if (happening) seen.push(happening.id);
  });
  let before = -1;
  await until(
    async () => [before, (before = seen.length)] as const,
    ([last, now]) => now > 0 && last === now,
  );
  reading.unsubscribe();
  return seen;
}
