import { InvalidOptionError } from '../job/errors.js';
import { isClient, isNodeRedis, type ConnectionOptions } from './client.js';
import { runtimeOf } from '../runtime/runtime-of.js';
import { Connection } from './connection.js';

/** By whether the version of the server is checked. */
const byClient = { true: new WeakMap<object, Connection>(), false: new WeakMap<object, Connection>() };
const byOptions = new Map<string, Connection>();
const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** The process' connection for these options, or for these and a server that is not checked, made when there is none. Call `release` on it once. */
export function connect(
  options: ConnectionOptions | undefined = {},
  { skipVersionCheck = false }: { skipVersionCheck?: boolean } = {},
): Connection {
  if (typeof options !== 'string' && (typeof options !== 'object' || options === null)) {
    throw new InvalidOptionError(
      'connection',
      options,
      'Use ioredis options, a redis:// URL or an ioredis client.',
    );
  }
  if (typeof options === 'object' && isNodeRedis(options)) {
    throw new InvalidOptionError(
      'connection',
      '…',
      'Clients of the package redis cannot be used: pass a client of ioredis, a URL or { host, port }.',
    );
  }
  if (isClient(options)) {
    const clients = byClient[`${!skipVersionCheck}`];
    let connection = clients.get(options);
    if (!connection) {
      connection = new Connection(
        options,
        runtimeOf(options),
        () => clients.delete(options),
        skipVersionCheck,
      );
      clients.set(options, connection);
    }
    return connection.retain();
  }
  const key = `${skipVersionCheck} ${optionsKey(options)}`;
  let connection = byOptions.get(key);
  if (!connection) {
    connection = new Connection(options, runtimeOf(options), () => byOptions.delete(key), skipVersionCheck);
    byOptions.set(key, connection);
  }
  return connection.retain();
}

/** Equal plain options share a connection; functions and class instances count by identity. */
function optionsKey(options: unknown): string {
  return JSON.stringify(options, (_name, value: unknown) => {
    if (typeof value === 'function') {
      return `#${identity(value)}`;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      if (Object.getPrototypeOf(value) !== Object.prototype) {
        return `#${identity(value)}`;
      }
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    return value;
  });
}

function identity(value: object): number {
  let id = identities.get(value);
  if (id === undefined) {
    id = lastIdentity += 1;
    identities.set(value, id);
  }
  return id;
}
