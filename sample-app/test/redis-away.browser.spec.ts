import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { BoardPage } from './support/board-page.js';
import { CuttableProxy } from './support/cuttable-proxy.js';
import { PhotoApp } from './support/photo-app.js';

const program = process.env['STEPWELL_TEST_BROWSER'] ?? '';
const REDIS = new URL(process.env['STEPWELL_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379');

jest.setTimeout(60_000);

(program === '' && !process.env['CI'] ? describe.skip : describe)('the board whose Redis hangs', () => {
  let proxy: CuttableProxy;
  let app: PhotoApp;
  let browser: Browser;

  beforeAll(async () => {
    if (program === '') throw new Error('There is no Chromium for this test; CHROME_PATH may name one.');
    proxy = await CuttableProxy.start();
    proxy.target = Number(REDIS.port || 6379);
    [app, browser] = await Promise.all([
      PhotoApp.start({ redisUrl: proxy.address.replace('http', 'redis') }),
      chromium.launch({ executablePath: program }),
    ]);
    app.app.useLogger(false); // It says that Redis is away.
  });

  afterAll(async () => {
    await browser?.close();
    proxy?.mend();
    await app?.stop();
    await proxy?.stop();
  });

  it('says so, and is live only once it has shown how things are', async () => {
    const board = await BoardPage.open(browser, app.address);
    await board.addSample('quiet sea');
    await board.card('quiet sea', 'delayed review');
    proxy.hang();
    await board.connection('away');
    await board.page
      .getByText(/^Redis does not answer. This is how things were at \d\d:\d\d:\d\d./)
      .waitFor();
    expect(await board.page.locator('.card').count()).toBe(1); // What was known stays.

    // Who comes now sees placeholders, and not that there are no photos.
    const late = await BoardPage.visit(browser, app.address);
    await late.connection('away');
    await late.page.getByText('Redis does not answer. Photos are shown as soon as it does.').waitFor();
    expect(await late.page.locator('.ghost').count()).toBe(3);
    expect(await late.page.locator('#empty').isVisible()).toBe(false);
    await late.addSample('harbor night');
    const refusal = late.page.getByText('Redis is away: nothing can be done until it is back.');
    await refusal.waitFor();

    proxy.mend();
    await board.connection('live');
    await late.connection('live');
    await refusal.waitFor({ state: 'detached' });
    await late.card('quiet sea', 'delayed review');
    expect(await late.page.locator('.ghost').count()).toBe(0);
    expect(await board.page.locator('#outage').isVisible()).toBe(false);
  });
});
