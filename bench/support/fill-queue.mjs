import { payloads } from './payload.mjs';

// Adds `count` jobs through the peer's bulk call, `window` at a time.
export async function fillQueue(producer, count, window = 1_000) {
  for (let from = 0; from < count; from += window) {
    await producer.addBulk(payloads(from, Math.min(window, count - from)));
  }
}
