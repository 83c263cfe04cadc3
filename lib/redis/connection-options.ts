import type { RedisOptions } from 'ioredis';
import type { IoredisOptions } from './client.js';
import { checkInteger } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { refuseUnknown } from '../job/known-names.js';

type GivenOptions = IoredisOptions;

const RETRIES_PER_REQUEST = 30;
/** The longest pause between two tries to connect. */
const MAX_RECONNECT_MS = 500;
/** A sentinel that has not said by then where Redis is, is passed over. */
const SENTINEL_MS = 2000;
/**
 * A connection on which a reply is due for so long is dead, even where nobody closed it. Shorter than a call waits, so
 * that the call is made again over a new one in time.
 */
const SILENCE_MS = 3000;

const HINT =
  'Use a URL such as redis://user:password@host:6379/0, or ioredis options such as { host, port }.';

/** What ioredis takes, and `url`; the type sees to it that none is left out. */
const NAMES: Record<keyof GivenOptions, true> = {
  ...{
    url: true,
    host: true,
    port: true,
    path: true,
    family: true,
    db: true,
    username: true,
    password: true,
  },
  ...{
    connectionName: true,
    tls: true,
    role: true,
    name: true,
    keyPrefix: true,
    keepAlive: true,
    noDelay: true,
  },
  ...{ sentinels: true, sentinelUsername: true, sentinelPassword: true, sentinelTLS: true },
  ...{ sentinelRetryStrategy: true, sentinelReconnectStrategy: true, sentinelCommandTimeout: true },
  ...{ sentinelMaxConnections: true, enableTLSForSentinelMode: true, preferredSlaves: true },
  ...{ updateSentinels: true, failoverDetector: true, natMap: true, Connector: true },
  ...{ retryStrategy: true, reconnectOnError: true, maxRetriesPerRequest: true, maxLoadingRetryTime: true },
  ...{ commandTimeout: true, blockingTimeout: true, blockingTimeoutGrace: true, socketTimeout: true },
  ...{ connectTimeout: true, disconnectTimeout: true, disableClientInfo: true, clientInfoTag: true },
  ...{ autoResubscribe: true, autoResendUnfulfilledCommands: true, readOnly: true, stringNumbers: true },
  ...{ protocol: true, replyMapping: true, monitor: true, enableAutoPipelining: true },
  ...{
    autoPipeliningIgnoredCommands: true,
    offlineQueue: true,
    commandQueue: true,
    enableOfflineQueue: true,
  },
  ...{ enableReadyCheck: true, lazyConnect: true, scripts: true, himportFieldsets: true },
  ...{ showFriendlyErrorStack: true },
};

/** Names of what may be given as `connection`. */
export const CONNECTION_OPTION_NAMES = Object.keys(NAMES);

/** Parts of a URL's query, as ioredis reads them. */
const QUERY_NAMES = ['db', 'family', 'username', 'password', 'connectionName'] as const;

/**
 * Options of a client for what a user gave as `connection`, over our defaults. Throws an `InvalidOptionError` that shows no
 * password.
 */
export function readConnectionOptions(given: string | GivenOptions): RedisOptions {
  const defaults: RedisOptions = {
    maxRetriesPerRequest: RETRIES_PER_REQUEST,
    // A server that loads its data says how long it expects to take, which is often far too long.
    maxLoadingRetryTime: MAX_RECONNECT_MS,
    socketTimeout: SILENCE_MS,
    sentinelCommandTimeout: SENTINEL_MS,
    // A socket that does not end by itself keeps the process alive for so long.
    disconnectTimeout: 200,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times - 1, 10), MAX_RECONNECT_MS),
    // After a failover the old master replies READONLY until it is left.
    reconnectOnError: (error) => (error.message.includes('READONLY') ? 2 : false),
  };
  if (typeof given === 'string') {
    return { ...defaults, ...readUrl('connection', given) };
  }
  checkOptions(given);
  const { url, ...rest } = given;
  return { ...defaults, ...(url === undefined ? {} : readUrl('connection.url', url)), ...rest };
}

function checkOptions(given: GivenOptions): void {
  if (Array.isArray(given)) {
    throw new InvalidOptionError('connection', given, HINT);
  }
  refuseUnknown('connection.', given, Object.keys(NAMES));
  const { host, port, db } = given;
  if (host !== undefined && (typeof host !== 'string' || host === '')) {
    throw new InvalidOptionError('connection.host', host, 'Use the name or address of a machine.');
  }
  if (port !== undefined) checkInteger('connection.port', Number(port), 1, 65_535);
  if (db !== undefined) checkInteger('connection.db', Number(db), 0);
}

function readUrl(option: string, text: string): RedisOptions {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const db = url?.pathname.slice(1) ?? '';
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || !/^\d*$/.test(db)) {
    throw new InvalidOptionError(option, shownAddress(text), HINT);
  }
  return {
    ...readQuery(option, url.searchParams),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    ...(db ? { db: Number(db) } : {}),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** What may be shown of a text that is no address of Redis: a host, or a URL without what may be a password. */
function shownAddress(text: string): string {
  if (/^[\w.-]*(:\d+)?$/.test(text)) {
    return text;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.host ? `${url.protocol}//${url.host}${url.pathname}` : '…';
}

/** What stands in the URL itself goes before its query. */
function readQuery(option: string, query: URLSearchParams): RedisOptions {
  const given = Object.fromEntries(query) as Partial<Record<(typeof QUERY_NAMES)[number], string>>;
  // Values of unknown names are not shown: one may be a password that was misspelt.
  refuseUnknown(
    `${option} query`,
    Object.fromEntries([...query.keys()].map((name) => [name, '…'])),
    QUERY_NAMES,
  );
  const { db, family, ...texts } = given;
  if (db !== undefined) checkInteger(`${option} query db`, db === '' ? NaN : Number(db), 0);
  if (family !== undefined && !['0', '4', '6', 'IPv4', 'IPv6'].includes(family)) {
    throw new InvalidOptionError(`${option} query family`, family, 'Use 4 or 6.');
  }
  return {
    ...texts,
    ...(db === undefined ? {} : { db: Number(db) }),
    ...(family === undefined ? {} : { family: Number(family.replace('IPv', '')) }),
  };
}
