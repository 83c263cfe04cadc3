const RETRY_MS = 2000;
/** The app sends something every second. */
const SILENT_MS = 8000;

/**
 * Server-sent events that go on where they were cut off. A browser connects again by itself, and then names the last id
 * it got; after a response that is no stream, and after silence, we do it in its place.
 */
export class LiveStream {
  #address;
  #handlers;
  #connection;
  #source;
  #silence;
  #lastId = '';

  /**
   * @param handlers by type of message, called with its data
   * @param connection told when the stream has `opened` and when it is `lost`
   */
  constructor(address, handlers, connection) {
    this.#address = address;
    this.#handlers = handlers;
    this.#connection = connection;
  }

  open() {
    const source = new EventSource(this.#place());
    this.#source = source;
    for (const [type, handle] of Object.entries(this.#handlers)) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        this.#lastId = lastEventId;
        this.#listen();
        handle(JSON.parse(data));
      });
    }
    source.addEventListener('open', () => {
      this.#listen();
      this.#connection.opened();
    });
    source.addEventListener('error', () => {
      clearTimeout(this.#silence);
      this.#connection.lost();
      if (source.readyState === EventSource.CLOSED) void this.#openLater();
    });
  }

  #place() {
    return this.#lastId ? `${this.#address}?after=${encodeURIComponent(this.#lastId)}` : this.#address;
  }

  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#source.close();
      this.#connection.lost();
      this.open();
    }, SILENT_MS);
  }

  async #openLater() {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    if (this.#lastId && (await this.#isRefused())) this.#lastId = '';
    this.open();
  }

  /** A cursor that is refused, as after the app was changed, is refused for ever. */
  async #isRefused() {
    const stop = new AbortController();
    try {
      const { status } = await fetch(this.#place(), { signal: stop.signal });
      return status === 400;
    } catch {
      return false;
    } finally {
      stop.abort();
    }
  }
}
