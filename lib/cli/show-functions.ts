import { listFunctionLibraries, pruneFunctionLibraries } from '../redis/function-libraries.js';
import { openClient } from '../redis/open-client.js';

/** What a server has of Stepwell's function libraries, for people; with `isPruning` those of other versions are removed. */
export async function showFunctions(url: string, isPruning: boolean): Promise<string> {
  const client = openClient(url, '');
  client.on('error', () => {});
  try {
    const { current, others } = await listFunctionLibraries(client);
    const removed = isPruning ? await pruneFunctionLibraries(client) : [];
    const word = (name: string): string => (removed.includes(name) ? 'removed' : 'of another version');
    return [
      current === undefined ? 'The library of this version is not loaded.' : `${current}  of this version`,
      ...others.map((name) => `${name}  ${word(name)}`),
    ].join('\n');
  } finally {
    client.disconnect();
  }
}
