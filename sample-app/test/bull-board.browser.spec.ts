import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { getQueueToken, type Queue } from 'stepwell';
import { PHOTOS, PICTURES } from '../src/photos/photo.js';
import { PhotoApp } from './support/photo-app.js';
import { until } from './support/until.js';

const program = process.env['STEPWELL_TEST_BROWSER'] ?? '';

jest.setTimeout(60_000);

// Without a browser the page goes untested, which must not pass unnoticed where it counts.
(program === '' && !process.env['CI'] ? describe.skip : describe)('Bull Board in a browser', () => {
  let app: PhotoApp;
  let browser: Browser;
  let page: Page;
  let pictures: Queue;

  beforeAll(async () => {
    if (program === '') throw new Error('There is no Chromium for this test; CHROME_PATH may name one.');
    [app, browser] = await Promise.all([PhotoApp.start(), chromium.launch({ executablePath: program })]);
    pictures = app.app.get(getQueueToken(PICTURES));
    await pictures.pause();
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
  });

  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  it('lists the queues, opens a job and promotes it', async () => {
    await pictures.add('resize', { file: 'cat.jpg' }, { jobId: 'late', delay: 600_000 });
    await page.goto(`${app.address}/board`);
    await page.getByText(PHOTOS, { exact: true }).first().waitFor();
    await page.getByText(PICTURES, { exact: true }).first().waitFor();

    await page.goto(`${app.address}/board/queue/${PICTURES}/late`);
    await page.getByText('cat.jpg').first().waitFor();
    // The first of the job's own buttons, which then asks whether it is meant.
    const card = page.getByText('resize', { exact: true }).locator('xpath=ancestor::*[.//button][1]');
    await card.locator('button').first().click();
    await page.getByRole('button', { name: 'Confirm' }).click();
    expect(
      await until(
        () => pictures.getJobState('late'),
        (state) => state === 'waiting',
      ),
    ).toBe('waiting');
  });
});
