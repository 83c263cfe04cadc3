// `npm test [-- jest arguments]`: whatever is missing, one Redis for the whole run, jest, and its totals as last line.
// A browser is looked for, or installed, only for a run that has tests of pages.
// `--tier slow`, `--tier compile` and `--tier faults` run the tests that the default run leaves out; `--tier faults --short` those faults that CI tries.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateBrowser } from './setup/browser.mjs';
import { buildLibrary } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { main } from './setup/main.mjs';
import { inRoot } from './setup/paths.mjs';
import { startRedis } from './setup/redis.mjs';
import { runNode } from './setup/run.mjs';
import { withSetupLock } from './setup/setup-lock.mjs';

const { tier, jestArgs } = parseArgs(process.argv.slice(2));

await main(async () => {
  await withSetupLock(async () => {
    await ensureDependencies();
    // Tests run from the sources: type errors are the business of `npm run check`.
    await buildLibrary();
  });
  const browser = await locateBrowser(hasBrowserTests);
  const redis = await startRedis();
  try {
    return await runJest(redis.url, browser);
  } finally {
    await redis.stop();
  }
});

async function runJest(redisUrl, browser) {
  const folder = mkdtempSync(join(tmpdir(), 'stepwell-test-'));
  const totalsFile = join(folder, 'totals.json');
  const { code } = await jest([...(tier === 'default' ? [] : ['--passWithNoTests']), ...jestArgs], {
    env: {
      ...process.env,
      STEPWELL_TEST_REDIS_URL: redisUrl,
      STEPWELL_TEST_BROWSER: browser ?? '',
      STEPWELL_TEST_TIER: tier,
      STEPWELL_TEST_TOTALS: totalsFile,
    },
  });
  const totals = readTotals(totalsFile);
  rmSync(folder, { recursive: true, force: true });
  // A jest that was interrupted, or found no tests, has nothing to count and still failed.
  if (code !== 0 && totals.failed === 0) totals.failed = 1;
  console.log(totalsLine(totals));
  return code;
}

async function hasBrowserTests() {
  const env = { ...process.env, STEPWELL_TEST_TIER: tier };
  const { output } = await jest(['--listTests', ...jestArgs], { env, capture: true });
  return output.includes('.browser.spec.ts');
}

function jest(args, options) {
  const program = inRoot('node_modules', 'jest', 'bin', 'jest.js');
  return runNode(
    ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', program, ...args],
    options,
  );
}

// No totals means that jest itself broke down, which counts as a failure.
function readTotals(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function totalsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function parseArgs(args) {
  const at = args.indexOf('--tier');
  if (at === -1) return { tier: 'default', jestArgs: args };
  const others = args.toSpliced(at, 2);
  const isShort = others.includes('--short');
  return {
    tier: isShort ? `short-${args[at + 1]}` : args[at + 1],
    jestArgs: others.filter((arg) => arg !== '--short'),
  };
}
