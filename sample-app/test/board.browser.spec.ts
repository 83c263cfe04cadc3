import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chromium, type Browser, type Locator } from 'playwright-core';
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
      PhotoApp.start({ trafficMs: 2000 }),
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
    const card = await board.card('quiet-sea', 'delayed review');
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
      'review awaiting',
      'publish pending',
    ]);
    expect(await card.locator('.state').textContent()).toBe('Delayed · review');

    const approve = card.getByRole('button', { name: 'Approve' });
    await approve.focus();
    await board.page.keyboard.press('Enter');
    await board.card('quiet-sea', 'completed approved');
    expect(await card.locator('.state').textContent()).toBe('Completed · approved');
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
    expect(await card.locator('.failure').textContent()).toMatch(
      /inspect failed, attempt 3 of 3\s*.*premature end of JPEG image/,
    );
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

  it('shows how many attempts there were, and counts down to the next', async () => {
    const queue = queueOf(PHOTOS);
    await queue.pause();
    await board.addSample('broken');
    await board.card('broken', 'waiting');
    // A pause that lasts long enough to be seen.
    const waiting = (await queue.getWaiting())[0];
    await waiting?.remove();
    await queue.add('publish', waiting?.data, { attempts: 3, backoff: { type: 'fixed', delay: 3000 } });
    await queue.resume();

    const card = await board.card('broken', 'delayed retry');
    const tries = card.locator('.tries');
    await tries.getByText(/^inspect failed, attempt 1 of 3 · retry in [23] s$/).waitFor();
    await tries.getByText(/attempt 1 of 3 · retry in 1 s$/).waitFor();
    await tries.getByText(/attempt 2 of 3 · retry in 3 s$/).waitFor();
    const job = (await queue.getDelayed()).find(({ data }) => data.title === 'broken');
    await job?.remove();
    await card.and(board.page.locator('[data-state=delayed]')).waitFor({ state: 'detached' });
    expect(await board.page.locator('#activity [data-event=removed]').count()).toBeGreaterThan(0);
  });

  it('shows names as text, whatever is in them', async () => {
    const title = '<img src=x onerror=alert(1)> & "quoted"';
    await queueOf(PHOTOS).add('publish', { title, file: 'no key', digest: 'markup' }, { attempts: 1 });
    const card = await board.card(title, 'failed');
    expect(await card.getByRole('heading').textContent()).toBe(title);
    await card.getByRole('button', { name: 'Details' }).click();
    const details = board.page.getByRole('dialog', { name: title });
    await details.locator('.stacks pre').first().waitFor();
    expect(await board.page.locator('[onerror]').count()).toBe(0);
    await board.page.keyboard.press('Escape');
  });

  it('lets a photo be rejected, and tells all that is known of a job', async () => {
    await board.addSample('autumn forest');
    const card = await board.card('autumn forest', 'delayed review');
    await card.getByRole('button', { name: 'Reject' }).click();
    await board.card('autumn forest', 'completed rejected');
    const id = await card.getAttribute('data-id');
    expect(await card.locator('.id').textContent()).toBe(`Job ${id}`);

    await card.getByRole('button', { name: `Details of autumn forest, job ${id}` }).click();
    const details = board.page.getByRole('dialog', { name: 'autumn forest' });
    await details.getByText(/^jpeg, 1600 × 1066, mostly #/).waitFor(); // A line that the step logged.
    const timeline = (await details.locator('.timeline li').allTextContents()).join('\n');
    for (const moment of [
      'jobadded',
      'inspectcompleted',
      '320 pxcompleted',
      'reviewcompleted',
      'jobcompleted',
    ]) {
      expect(timeline).toContain(moment);
    }
    expect(await details.locator('.pictures a').count()).toBe(3);
    await board.page.keyboard.press('Escape');

    await (await board.card('broken', 'failed')).getByRole('button', { name: 'Details' }).click();
    const stacks = board.page.getByRole('dialog', { name: 'broken' }).locator('.stacks pre');
    await stacks.first().waitFor();
    expect(await stacks.first().textContent()).toMatch(/premature end of JPEG image\n\s+at /);
    await board.page.keyboard.press('Escape');
  });

  it('takes pictures of the size that it shows', async () => {
    const image = (await board.card('quiet-sea', 'completed')).locator('.frame img');
    expect(await image.getAttribute('loading')).toBe('lazy');
    const shown = await image.evaluate((img) => (img as unknown as { currentSrc: string }).currentSrc);
    expect(shown).toMatch(/\/pictures\/320\?/);
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
    await board.card('alpine dawn', 'delayed review');
  });

  it('counts jobs by queue and state, and draws what a minute brought', async () => {
    await board.page.getByRole('button', { name: 'Send traffic' }).click();
    const peak = board.page.locator('#throughput .most');
    const most = await until(
      async () => Number(/\d+/.exec((await peak.textContent()) ?? '')),
      (count) => count > 30,
    );
    expect(most).toBeGreaterThan(30);

    const counts = await queueOf(PHOTOS).getJobCounts('completed', 'failed');
    for (const [state, name] of [
      ['completed', 'Completed'],
      ['failed', 'Failed'],
    ] as const) {
      const row = board.page.getByRole('row', { name });
      expect(await row.locator('[data-queue=photos]').textContent()).toBe(String(counts[state]));
    }
    await board.page.getByRole('img', { name: /^Jobs that ended each second: \d+ now/ }).waitFor();
    await board.page.getByRole('img', { name: /^Time until a worker starts a job: half within/ }).waitFor();
    for (const [figure, legend] of [
      ['throughput', ['Failed', 'Completed']],
      ['latency', ['Half within', '95 % within']],
    ] as const) {
      const plot = board.page.locator(`#${figure}`);
      expect(await plot.locator('.u-legend .u-series:visible .u-label').allTextContents()).toEqual(legend);
      expect(await paintedShare(plot.locator('canvas'))).toBeGreaterThan(0.005);
    }
  });

  it('runs a schedule now, and shows soon what came of it', async () => {
    const row = board.page.locator('#schedules [data-name=tidy]');
    await row.getByText('has not run yet').waitFor();

    await row.getByRole('button', { name: 'Run now' }).click();

    const isRun = (text: string): boolean => /^\d\d:\d\d:\d\d: /.test(text);
    expect(await until(() => row.locator('.last').innerText(), isRun)).toMatch(/ (pictures|removed|files)/);
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
      await board.card(title, 'delayed review');
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

    const card = await board.card('harbor night', 'delayed review');
    await card.getByRole('button', { name: 'Approve' }).click();
    await board.card('harbor night', 'completed');
    expect(await card.locator('.steps [data-status=completed]').count()).toBe(5);
    board.forgive();
  });

  it('fits a phone in the dark and a wide screen in the light', async () => {
    await board.page.locator('.card').first().waitFor();
    for (const [width, colorScheme] of [
      [340, 'dark'],
      [1280, 'light'],
      [1600, 'light'],
    ] as const) {
      await board.page.emulateMedia({ colorScheme });
      await board.page.setViewportSize({ width, height: 800 });
      expect(await board.page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      // No table runs over the edge of its card.
      const wide =
        "[...document.querySelectorAll('.panel')].filter((each) => each.scrollWidth > each.clientWidth).length";
      expect(await board.page.evaluate(wide)).toBe(0);
    }
  });

  it('has targets for fingers on a phone, and the photos before the activity', async () => {
    await board.page.setViewportSize({ width: 390, height: 800 });
    const targets = board.page.locator('button:visible:enabled, a:visible, summary, #upload');
    const tooSmall = await targets.evaluateAll((all) =>
      all
        .filter(
          (each) => Math.min(each.getBoundingClientRect().width, each.getBoundingClientRect().height) < 44,
        )
        .map((each) => each.textContent),
    );
    expect(await targets.count()).toBeGreaterThan(5);
    expect(tooSmall).toEqual([]);
    const top = async (selector: string) => (await board.page.locator(selector).boundingBox())?.y ?? 0;
    expect(await top('.activity')).toBeGreaterThan(await top('#photos'));
    await board.page.setViewportSize({ width: 1600, height: 800 });
  });

  it('names all that can be pressed', async () => {
    const pressed = await board.page.locator('button:visible, a:visible, input, summary').all();
    for (const snapshot of await Promise.all(pressed.map((control) => control.ariaSnapshot()))) {
      expect(snapshot).toMatch(/^- \w+ ".+"|^- \/url|^- generic: .+/);
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

/** Share of a canvas that is painted. */
function paintedShare(canvas: Locator): Promise<number> {
  return canvas.evaluate((element) => {
    const { width, height, getContext } = element as unknown as CanvasLike;
    const { data } = getContext.call(element, '2d').getImageData(0, 0, width, height);
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) if ((data[at] as number) > 128) painted += 1;
    return painted / (width * height);
  });
}

/** What is used of a canvas; these tests know no types of the DOM. */
interface CanvasLike {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  };
}
