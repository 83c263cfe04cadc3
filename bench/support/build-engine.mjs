import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));

// The bench measures what users install, the compiled package. Its messages go to stderr, for stdout is the report's.
export function buildEngine() {
  const { status } = spawnSync(process.execPath, [program], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
