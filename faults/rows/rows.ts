import type { Row } from '../row.js';
import { clusterFailover, clusterKilled, slotMoved, slotMovedWhole, targetAway } from './clusters.js';
import { replicaAwaited, replicaPromoted, sentinel } from './failovers.js';
import { serverClock, workerClocks } from './clocks.js';
import { dueAtOnce, fuzz, outage, retryStorm, shutdownGone } from './loads.js';
import * as network from './network.js';
import * as refusals from './refusals.js';
import * as servers from './servers.js';
import { loopBlocked, workerFrozen, workerKilled } from './workers.js';

/** In the order of the table. */
export const rows: readonly Row[] = [
  workerKilled,
  workerFrozen,
  loopBlocked,
  servers.killedAlways,
  servers.killedEverysec,
  servers.tornTail,
  servers.oldSnapshot,
  servers.emptyServer,
  replicaPromoted,
  replicaAwaited,
  sentinel,
  clusterKilled,
  clusterFailover,
  slotMoved,
  slotMovedWhole,
  targetAway,
  network.halfOpen,
  network.cablePulled,
  network.redisFrozen,
  network.clientPause,
  network.repliesCut,
  network.requestsDoubled,
  network.connectionsKilled,
  network.scriptsFlushed,
  refusals.outOfMemory,
  refusals.misconf,
  refusals.loading,
  refusals.busy,
  refusals.readonly,
  refusals.noperm,
  refusals.ttlEvicted,
  refusals.anyEvicted,
  workerClocks,
  serverClock,
  outage,
  shutdownGone,
  retryStorm,
  dueAtOnce,
  fuzz,
];
