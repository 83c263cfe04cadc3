import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';

const GRACE_MS = 2_000;
const POLL_MS = 5;
/** A client that connects again and again has nothing open for an instant between two tries. */
const QUIET_POLLS = 3;

// Kinds that a test can leave behind. Others (file requests, immediates, name look-ups) end by themselves.
const WATCHED =
  /^(TCP.*Wrap|TLSWrap|PipeWrap|Pipe.*|UDP.*|ProcessWrap|Timeout|Worker|MessagePort|FSEventWrap|StatWatcher|SignalWrap)$/;

// All modules of all test files of a process are there until it ends. To take them down one by one takes longer than jest waits for a process
// that has nothing open any more: it would say that one has failed to exit.
if (process.send) process.once('exit', (code) => process.reallyExit(code));

/**
 * The Node environment, where a test file also fails when it leaves sockets, timers, child processes or the like behind.
 * This is an environment and not a setup file, because hooks run in the order of their definition: a setup file's
 * `afterAll` would look before the test file's own has cleaned up.
 */
export default class OpenHandlesEnvironment extends NodeEnvironment {
  #before = new Map();

  async setup() {
    await super.setup();
    this.#before = countResources();
  }

  async handleTestEvent(event, state) {
    if (event.name !== 'run_finish') return;
    const left = await this.#waitForQuiet();
    if (left.length > 0) state.unhandledErrors.push(openHandlesError(left));
  }

  async #waitForQuiet() {
    const deadlineMs = performance.now() + GRACE_MS;
    let quiet = 0;
    for (;;) {
      const left = additional(countResources(), this.#before);
      quiet = left.length === 0 ? quiet + 1 : 0;
      if (quiet === QUIET_POLLS || performance.now() > deadlineMs) return left;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function countResources() {
  const counts = new Map();
  for (const kind of process.getActiveResourcesInfo()) {
    if (WATCHED.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function additional(now, before) {
  return [...now].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [`${more} ${kind}`] : [];
  });
}

function openHandlesError(left) {
  const error = new Error(`This test file left open: ${[...left, ...describeHandles()].join(', ')}`);
  error.stack = error.message; // Where we noticed says nothing about who left it open.
  return error;
}

// Undocumented, and so only used to say more about what is open.
function describeHandles() {
  return (process._getActiveHandles?.() ?? []).flatMap((handle) => {
    if (handle.remotePort !== undefined) return [`socket to ${handle.remoteAddress}:${handle.remotePort}`];
    if (handle.spawnargs !== undefined) return [`process ${handle.spawnargs.join(' ').slice(0, 120)}`];
    return [];
  });
}
