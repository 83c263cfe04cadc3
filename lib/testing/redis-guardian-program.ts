/**
 * The program of the process between us and Redis, given to `node -e`. It is text because it has to run the same from
 * compiled code and from sources under a test runner.
 *
 * The channel to the parent closes however the parent ends, a SIGKILL included; then Redis and its folder go too.
 * One mechanism, and no signal handlers in the parent, which are the application's own business.
 */
export const GUARDIAN_PROGRAM = `
const { spawn } = require('node:child_process');
const { rmSync } = require('node:fs');
const { command, folder } = JSON.parse(process.argv[1]);
let redis;
let ending = false;
const report = (message) => process.connected && process.send(message, () => {});
const start = (args) => {
  const child = spawn(command, args, { cwd: folder, stdio: 'ignore' });
  redis = child;
  child.once('spawn', () => report({ started: child.pid }));
  const gone = (message) => {
    redis = undefined;
    if (ending) leave(); else report(message);
  };
  child.once('error', (error) => gone({ failed: error.message }));
  child.once('exit', (code, signal) => gone({ exited: String(signal ?? code) }));
};
const leave = () => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.exit(0);
};
const end = () => {
  ending = true;
  if (redis === undefined) leave(); else redis.kill('SIGKILL');
};
process.on('message', (args) => start(args));
process.on('disconnect', end);
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, end);
`;
