// A Redis of the bench's own, without persistence, ended with this process. Never the one that REDIS_URL names: the tests flush it.
export async function startRedis() {
  const { startRedis: start } = await import('stepwell/testing');
  const server = await start({ external: false });
  return { connection: { host: server.host, port: server.port }, stop: () => server.stop() };
}
