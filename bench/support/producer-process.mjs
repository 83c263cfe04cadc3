import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./produce.mjs', import.meta.url));

// Runs the producer of a latency test in a Node process of its own.
export async function startProducerProcess(plan, { peerName, connection, queueName }) {
  const args = JSON.stringify({ plan, peerName, connection, queueName });
  const child = spawn(process.execPath, [program, args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  child.on('exit', (code) => {
    if (code !== 0) process.exit(1);
  });
  process.on('exit', () => child.kill());
  return { close: () => exited };
}
