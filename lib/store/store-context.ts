import type { QueueKeys } from '../redis/queue-keys.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import type { Calls } from './calls.js';
import type { ChildStore } from './child-store.js';
import type { Delivery } from './delivery.js';
import type { InspectStore } from './inspect-store.js';
import type { JobChanges } from './job-changes.js';
import type { Lifetime } from './lifetime.js';
import type { Patience } from './patience.js';
import type { StoreHost } from './store-host.js';
import type { QueueRef } from './store-peers.js';

/** Parts of a store that those of another queue's use. */
export interface PeerParts {
  readonly inspect: InspectStore;
  readonly changes: JobChanges;
  readonly children: ChildStore;
  readonly delivery: Delivery;
}

/** What the parts of a store share: how its scripts run, who waits for them, and the way to other queues. */
export interface StoreContext {
  readonly queue: QueueRef;
  readonly keys: QueueKeys;
  readonly runner: ScriptRunner;
  readonly calls: Calls;
  readonly patience: Patience;
  readonly lifetime: Lifetime;
  readonly delivery: Delivery;
  readonly host: StoreHost;
  /** Another queue of the same Redis, or this one. */
  readonly peer: (queue: QueueRef) => PeerParts;
}
