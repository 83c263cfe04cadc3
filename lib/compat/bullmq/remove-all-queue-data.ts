import { QueueKeys } from '../../redis/queue-keys.js';

interface ScanningClient {
  scan(cursor: string | number, ...args: any[]): Promise<[string, string[]]>;
  unlink(...keys: any[]): Promise<number>;
}

const SCAN_COUNT = 1000;

/** Deletes everything that a queue has in Redis, whatever runs. For tests. */
export async function removeAllQueueData(client: any, queueName: string, prefix = 'bull'): Promise<void> {
  const { base } = new QueueKeys(prefix, queueName);
  const pattern = `${base.replace(/[*?[\]\\]/g, String.raw`\$&`)}*`;
  const scanning = client as ScanningClient;
  let cursor = '0';
  do {
    const [next, keys] = await scanning.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
    if (keys.length > 0) await scanning.unlink(...keys);
    cursor = next;
  } while (cursor !== '0');
}
