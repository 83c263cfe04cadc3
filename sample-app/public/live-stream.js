const RETRY_MS = 2000;

/**
 * Server-sent events that go on where they were cut off. A browser connects again by itself, and then names the last id
 * it got; after an answer that is no stream it gives up, and we do it in its place.
 */
export class LiveStream {
  #address;
  #handlers;
  #onState;
  #lastId = '';

  /**
   * @param handlers by type of message, called with its data
   * @param onState called with `live` or `reconnecting`
   */
  constructor(address, handlers, onState) {
    this.#address = address;
    this.#handlers = handlers;
    this.#onState = onState;
  }

  open() {
    const after = this.#lastId ? `?after=${encodeURIComponent(this.#lastId)}` : '';
    const source = new EventSource(`${this.#address}${after}`);
    for (const [type, handle] of Object.entries(this.#handlers)) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        this.#lastId = lastEventId;
        handle(JSON.parse(data));
      });
    }
    source.addEventListener('open', () => this.#onState('live'));
    source.addEventListener('error', () => {
      this.#onState('reconnecting');
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.open(), RETRY_MS);
    });
  }
}
