const text = 'x'.repeat(100);

// About 120 bytes of JSON.
export function payload(i) {
  return { i, text };
}

export function payloads(from, count) {
  return Array.from({ length: count }, (_, k) => payload(from + k));
}
