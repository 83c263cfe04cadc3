/** A Redis server for tests and for trying things out: one of our own, or the one that `REDIS_URL` names. */
export interface EmbeddedRedis {
  /** Address for clients, such as `redis://127.0.0.1:40321`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Process id of the server while it runs; undefined for a server that is not ours. */
  readonly pid?: number | undefined;
  /** Ends the server and removes its folder. Calling it again does nothing; a server that is not ours is left alone. */
  stop(): Promise<void>;
  /**
   * Ends the server, when it still runs, as an operator would, and starts it again on the same port and folder.
   * Without `appendOnly` it comes back empty. Absent on a server that is not ours.
   */
  restart?(): Promise<void>;
  /**
   * Sends the server a signal, by default `SIGKILL`, and resolves once the server has ended; `SIGSTOP` and `SIGCONT`, which pause
   * it and let it go on, resolve at once. `restart()` brings it back. Absent on a server that is not ours.
   */
  kill?(signal?: NodeJS.Signals): Promise<void>;
}

/** A server of one's own, as `startRedis({ external: false })` gives it: it can also be killed and restarted. */
export interface LocalRedis extends EmbeddedRedis {
  readonly pid: number | undefined;
  restart(): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}
