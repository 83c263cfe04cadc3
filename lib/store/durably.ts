import { awaitReplicas } from '../redis/await-replicas.js';
import type { StoreContext } from './store-context.js';

/** A call that adds, and that resolves when as many replicas have it as the store wants; the call itself where it wants none. */
export function durably(
  { runner, host }: Pick<StoreContext, 'runner' | 'host'>,
  call: () => Promise<unknown>,
): () => Promise<unknown> {
  const { durability } = host;
  return durability ? () => awaitReplicas(runner.client, call, durability) : call;
}
