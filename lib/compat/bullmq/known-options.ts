import { CONNECTION_OPTION_NAMES } from '../../redis/connection-options.js';
import { type ConnectionOptions, isClient, isNodeRedis } from '../../redis/client.js';

/** Options that BullMQ has, and that have nothing to change here, or are for another class. */
const WITHOUT_EFFECT = new Set([
  ...['blockingConnection', 'blockingTimeout', 'skipMetasUpdate', 'skipWaitingForReady'],
  ...['sharedConnection', 'forceDisconnectOnShutdown', 'configKey', 'processors', 'name', 'extraOptions'],
  ...[
    'defaultJobOptions',
    'streams',
    'concurrency',
    'limiter',
    'autorun',
    'lastEventId',
    'metrics',
    'settings',
  ],
  ...['removeOnComplete', 'removeOnFail', 'useWorkerThreads', 'workerForkOptions', 'workerThreadsOptions'],
]);

const said = new Set<string>();

/** Says a sentence once in the life of the process, as a warning. */
export function sayOnce(sentence: string): void {
  if (!said.has(sentence)) {
    said.add(sentence);
    process.emitWarning(sentence, 'StepwellWarning');
  }
}

/** The options that the engine knows by these names. Those that nobody knows are left out, and said once. */
export function knownOptions<T extends object>(
  what: string,
  options: T,
  known: readonly string[],
): Partial<T> {
  const taken: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (known.includes(name)) {
      if (value !== undefined) taken[name] = value;
    } else if (value !== undefined && !WITHOUT_EFFECT.has(name)) {
      sayOnce(`The ${what} ${name} is not known to stepwell/bullmq and has no effect.`);
    }
  }
  return taken as Partial<T>;
}

/** A client, or options of one, as the engine takes them. */
export function knownConnection(connection: unknown): ConnectionOptions | undefined {
  if (connection === undefined || connection === null || typeof connection === 'string') {
    return (connection ?? undefined) as string | undefined;
  }
  if (isNodeRedis(connection) || isClient(connection as ConnectionOptions)) {
    return connection as ConnectionOptions;
  }
  return knownOptions(
    'connection option',
    connection as object,
    CONNECTION_OPTION_NAMES,
  ) as ConnectionOptions;
}
