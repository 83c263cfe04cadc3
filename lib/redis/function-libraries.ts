import type { RedisClient } from './client.js';
import { LIBRARY_NAME } from './library.generated.js';

/** Function libraries of Stepwell on one server: each version of the package has its own. */
export interface FunctionLibraries {
  /** That of this version, if it is there. */
  current: string | undefined;
  /** Those of other versions: applications that use one load it again when it is gone. */
  others: string[];
}

/** Which libraries of Stepwell a server has; none where it knows no functions. */
export async function listFunctionLibraries(client: RedisClient): Promise<FunctionLibraries> {
  const list = (await client.call('FUNCTION', 'LIST', 'LIBRARYNAME', 'stepwell_*')) as string[][];
  const names = list.map((each) => String(each[each.indexOf('library_name') + 1])).toSorted();
  return {
    current: names.find((name) => name === LIBRARY_NAME),
    others: names.filter((name) => name !== LIBRARY_NAME),
  };
}

/** Removes those of other versions from one server and its replicas. Returns their names. */
export async function pruneFunctionLibraries(client: RedisClient): Promise<string[]> {
  const { others } = await listFunctionLibraries(client);
  for (const name of others) {
    await client.call('FUNCTION', 'DELETE', name);
  }
  return others;
}
