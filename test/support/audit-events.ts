import { decodeEntry } from '../../lib/events/decode-entry.js';
import type { StoredKey } from './read-queue-keys.js';

/**
 * Whether the numbers of the events leave nothing out. What a test wrote itself has none; those of a queue that was
 * obliterated are left to expire, and the next one of its name begins at 1.
 */
export function auditEvents(stored: readonly StoredKey[], told: number): string[] {
  const stream = stored.find(({ name }) => name === 'events');
  const wrong: string[] = [];
  if (stream && stream.ttlMs >= 0 && told > 0) wrong.push('key events expires');
  let next: number | undefined;
  for (const [entryId, fields] of (stream?.value ?? []) as [string, string[]][]) {
    if (fields[0] !== '#') continue;
    const first = Number(fields[1]);
    if (next !== undefined && first !== next && first !== 1)
      wrong.push(`event ${first} at ${entryId} follows event ${next - 1}`);
    next = first + decodeEntry(entryId, fields).length;
  }
  if (next !== undefined && told > 0 && next !== told + 1)
    wrong.push(`event ${next - 1} is the last, not ${told}`);
  return wrong;
}
