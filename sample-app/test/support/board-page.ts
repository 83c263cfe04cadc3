import type { Browser, Locator, Page } from 'playwright-core';

/** The app's page in a browser, which must not complain about anything. */
export class BoardPage {
  private complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
  }

  static async open(browser: Browser, address: string): Promise<BoardPage> {
    const board = await BoardPage.visit(browser, address);
    await board.connection('live');
    return board;
  }

  /** The page as it is while it has not been told of anything yet. */
  static async visit(browser: Browser, address: string): Promise<BoardPage> {
    const board = new BoardPage(await browser.newPage({ reducedMotion: 'reduce' }));
    board.page.setDefaultTimeout(15_000);
    await board.page.goto(address);
    return board;
  }

  /** A browser that was cut off complains of that. */
  forgive(): void {
    this.complaints = [];
  }

  expectNoComplaint(): void {
    const complaints = this.complaints.splice(0);
    if (complaints.length > 0) throw new Error(`The browser complained: ${complaints.join('; ')}`);
  }

  async connection(state: 'live' | 'away' | 'reconnecting'): Promise<void> {
    await this.page.locator(`#connection[data-state=${state}]`).waitFor();
  }

  /** The newest card of that title, once it has come to that state, such as `completed` or `delayed review`. */
  async card(title: string, state: string): Promise<Locator> {
    const [name, reason] = state.split(' ');
    const card = this.page.locator('.card').filter({ has: this.page.getByRole('heading', { name: title }) });
    const newest = card.first();
    const right = `[data-state=${name}]${reason === undefined ? '' : `[data-reason=${reason}]`}`;
    await newest.and(this.page.locator(right)).waitFor();
    return newest;
  }

  async addSample(title: string): Promise<void> {
    await this.page.locator('#samples').getByRole('button', { name: title }).click();
  }

  /** Ids of a queue's events in the activity list, the oldest first. */
  async eventIds(queue: string): Promise<string[]> {
    const lines = this.page.locator(`#activity [data-queue=${queue}]`);
    const ids = await lines.evaluateAll((all) => all.map((line) => String(line.getAttribute('data-id'))));
    return ids.toReversed();
  }
}
