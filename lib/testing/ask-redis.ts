import { connect } from 'node:net';

const REPLY_TIMEOUT_MS = 1_000;

/**
 * Sends one command without arguments of its own (`PING`, `INFO server`) over a plain socket and resolves to the raw
 * reply. Plain sockets, so that a test can have a server before any client library is loaded.
 */
export function askRedis(host: string, port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = connect({ host, port });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(REPLY_TIMEOUT_MS, () => fail(new Error(`no reply within ${REPLY_TIMEOUT_MS} ms`)));
    socket.setEncoding('utf8');
    socket.once('error', fail);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once('connect', () => socket.write(`${command}\r\n`));
    socket.on('data', (chunk: string) => {
      reply += chunk;
      if (!isComplete(reply)) return;
      socket.destroy();
      resolve(reply);
    });
  });
}

// `$<length>\r\n<bytes>\r\n` is a long reply, any other kind that these commands give is one line.
function isComplete(reply: string): boolean {
  if (!reply.endsWith('\r\n')) return false;
  const header = /^\$(\d+)\r\n/.exec(reply);
  if (header === null) return true;
  return Buffer.byteLength(reply) >= header[0].length + Number(header[1]) + 2;
}
