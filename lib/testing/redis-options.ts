/** What `startRedis` takes. Everything has a default. */
export interface StartRedisOptions {
  /**
   * Whether a server named by the environment variable `REDIS_URL` is used when there is one. The options about the
   * server itself (`port`, `appendOnly`, `maxMemory`, `args`) say nothing to such a server; pass `false` where a test
   * depends on them, or kills and restarts its server.
   * @default true
   */
  external?: boolean;
  /**
   * Whether a missing server may be installed by the system's package manager (apt-get, apk, dnf or brew), as root or
   * by a sudo that asks for no password. One line on standard error says so before it happens.
   * @default false
   */
  install?: boolean;
  /**
   * TCP port to listen on, on 127.0.0.1 only.
   * @default a free one
   */
  port?: number;
  /**
   * Append-only persistence: `'always'` syncs to disk at every write, `'everysec'` (or `true`) once a second.
   * What is persisted lives as long as this server: over `restart()`, not over `stop()`.
   * @default false
   */
  appendOnly?: boolean | 'always' | 'everysec';
  /**
   * Memory limit as Redis writes it, such as `'64mb'`. Writes beyond it are refused: the policy is `noeviction`.
   * @default no limit
   */
  maxMemory?: string;
  /**
   * More command line arguments for the server, after all others and so stronger.
   * @default none
   * @example ['--cluster-enabled', 'yes']
   */
  args?: readonly string[];
  /**
   * How long the server may take to reply, in milliseconds.
   * @default 10000
   */
  startTimeoutMs?: number;
  /**
   * Where the line about an installation goes.
   * @default a line on standard error
   */
  report?: (line: string) => void;
}

/** The command line of a server that keeps to its own folder and to this machine. */
export function redisArgs(options: StartRedisOptions, port: number, folder: string): string[] {
  const appendOnly = options.appendOnly ?? false;
  return [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--logfile', 'redis.log'],
    ...['--daemonize', 'no', '--save', '', '--maxmemory-policy', 'noeviction'],
    ...['--appendonly', appendOnly === false ? 'no' : 'yes'],
    ...['--appendfsync', appendOnly === 'always' ? 'always' : 'everysec'],
    ...(options.maxMemory === undefined ? [] : ['--maxmemory', options.maxMemory]),
    ...(options.args ?? []),
  ];
}
