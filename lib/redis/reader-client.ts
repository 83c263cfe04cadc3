import type { TLSSocket } from 'node:tls';
import type { Redis, RedisOptions } from 'ioredis';
import { isCluster, type RedisClient } from './client.js';
import { PLAIN_REPLIES } from './plain-replies.js';

/** Blocking reads are silent by design, and whoever sends them watches them: no option ends them before. */
const PATIENT = {
  ...PLAIN_REPLIES,
  ...({ socketTimeout: undefined, commandTimeout: undefined, blockingTimeout: undefined } as object),
};

/**
 * A client for blocking reads, at the server where `main` sends its commands: with sentinels it does not ask them again,
 * as another one may name another server, on which nothing happens. Undefined while that server is not known.
 */
export function readerClient(main: RedisClient): RedisClient | undefined {
  if (isCluster(main)) {
    // The nodes that the configuration names may have gone long ago.
    const known = main
      .nodes('all')
      .flatMap(({ options: { host, port } }) => (host && port ? [{ host, port }] : []));
    return main.duplicate(known, { redisOptions: PATIENT, lazyConnect: false, enableOfflineQueue: true });
  }
  const options: RedisOptions = {
    ...PATIENT,
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
    lazyConnect: false,
  };
  if (!main.options.sentinels || main.options.Connector) {
    return main.duplicate(options);
  }
  const place = placeOf(main);
  return place && main.duplicate({ ...options, ...place, sentinels: undefined } as RedisOptions);
}

/** Where a client that found its server by sentinels is connected to. */
function placeOf({ status, stream, options }: Redis): RedisOptions | undefined {
  const { remoteAddress, remotePort } = stream ?? {};
  if (status !== 'ready' || remoteAddress === undefined || remotePort === undefined) {
    return undefined;
  }
  return { host: remoteAddress, port: remotePort, tls: tlsOf(stream as TLSSocket, options) } as RedisOptions;
}

/** The certificate names a host, of which the socket has only the address. */
function tlsOf(stream: TLSSocket, { tls, enableTLSForSentinelMode }: RedisOptions): object | undefined {
  if (!tls || !enableTLSForSentinelMode) {
    return undefined;
  }
  const { servername } = stream as { servername?: string | false };
  return servername ? { servername, ...tls } : tls;
}
