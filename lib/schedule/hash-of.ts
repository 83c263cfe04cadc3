const PRIME = 16_777_619;
const BASIS = 2_166_136_261;

/** A number below 2^32 that follows from a text (FNV-1a). Not for secrets. */
export function hashOf(text: string, basis = BASIS): number {
  let hash = basis;
  for (const unit of text) {
    hash = Math.imul(hash ^ (unit.codePointAt(0) as number), PRIME) >>> 0;
  }
  return hash;
}

/** 16 digits that distinguish a text from others. */
export function fingerprintOf(text: string): string {
  const halves = [hashOf(text), hashOf(text, hashOf(`${text.length}:${text}`))];
  return halves.map((half) => half.toString(16).padStart(8, '0')).join('');
}
