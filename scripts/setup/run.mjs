import { spawn } from 'node:child_process';
import { root } from './paths.mjs';

/**
 * Runs a program from the repository's root. Resolves to its exit code (1 when a signal ended it) and, with
 * `capture`, what it printed; else it prints to our own terminal.
 */
export function run(command, args, { capture = false, cwd = root, env = process.env } = {}) {
  return new Promise((resolve) => {
    const stdio = capture ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, { cwd, env, stdio });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    }
    // The terminal sends Ctrl-C to the child as well: we stay to see how it ends.
    const waitForChild = () => {};
    const passOn = (signal) => child.kill(signal);
    process.on('SIGINT', waitForChild);
    process.on('SIGTERM', passOn);
    const settle = (code) => {
      process.off('SIGINT', waitForChild);
      process.off('SIGTERM', passOn);
      resolve({ code, output });
    };
    child.once('error', (error) => {
      output += `${command}: ${error.message}\n`;
      if (!capture) process.stderr.write(output);
      settle(127);
    });
    child.once('close', (code) => settle(code ?? 1));
  });
}

/** Runs a JavaScript program of an installed package by this very Node, so that no shell or PATH comes into it. */
export function runNode(args, options) {
  return run(process.execPath, args, options);
}

/** Runs npm: the one that runs us, if one does, else the one on the PATH. */
export function runNpm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('npm-cli.js')) return runNode([cli, ...args], options);
  return run('npm', args, options);
}
