import type { Redis } from 'ioredis';
import { LIBRARY_LINES } from '../../lib/redis/library.generated.js';

/** Loads the functions that the engine would load by itself. */
export async function loadLibrary(client: Redis, lines: readonly string[] = LIBRARY_LINES): Promise<void> {
  try {
    await client.function('LOAD', lines.join('\n'));
  } catch (error) {
    if (!(error as Error).message.includes('already exists')) throw error;
  }
}
