// Tiers by name: `*.slow.spec.ts`, `*.compile.spec.ts`, which take a compiler and are run by `npm run check`, and everything under
// test/faults/ stay out of the default run.
// Run by scripts/test.mjs, which sets the tier and gives the tests a Redis.
/** The faults that each change is tried with: some minutes of the tier's ten. */
const SHORT_FAULTS = [
  'cluster-failover',
  'crashes',
  'deduplication',
  'emptied',
  'failover',
  'half-open',
  'handed-adds',
  'lost-replies',
  'memory',
  'shutdown',
  'steps',
];

const tiers = {
  default: {
    testMatch: ['<rootDir>/test/**/*.spec.ts', '<rootDir>/sample-app/test/**/*.spec.ts'],
    testPathIgnorePatterns: ['/node_modules/', '\\.(slow|compile)\\.spec\\.ts$', '<rootDir>/test/faults/'],
  },
  slow: {
    testMatch: ['<rootDir>/test/**/*.slow.spec.ts', '<rootDir>/sample-app/test/**/*.slow.spec.ts'],
    testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/faults/'],
  },
  compile: { testMatch: ['<rootDir>/test/**/*.compile.spec.ts'] },
  faults: {
    testMatch: ['<rootDir>/test/faults/**/*.spec.ts'],
    testPathIgnorePatterns: ['/node_modules/'],
  },
  'short-faults': {
    testMatch: SHORT_FAULTS.map((name) => `<rootDir>/test/faults/${name}.spec.ts`),
    testPathIgnorePatterns: ['/node_modules/'],
  },
};

const swc = {
  swcrc: false,
  // Beside the code: in it, they would be read with it in each test file.
  sourceMaps: true,
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      useDefineForClassFields: true,
      verbatimModuleSyntax: true,
    },
    keepClassNames: true,
  },
  module: { type: 'es6' },
};

export default {
  ...tiers[process.env.STEPWELL_TEST_TIER ?? 'default'],
  testEnvironment: '<rootDir>/test/support/open-handles-environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: {
    // Sources import each other by the name of the compiled file. Packages have that file, so it goes first.
    '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'],
    '^stepwell$': '<rootDir>/lib/index.ts',
    '^stepwell/engine$': '<rootDir>/lib/engine.ts',
    '^stepwell/bullmq$': '<rootDir>/lib/compat/bullmq/index.ts',
    '^stepwell/nestjs-bullmq$': '<rootDir>/lib/compat/nestjs-bullmq/index.ts',
    '^stepwell/otel$': '<rootDir>/lib/otel/open-telemetry.ts',
    '^stepwell/terminus$': '<rootDir>/lib/nest/terminus/stepwell.health-indicator.ts',
    '^stepwell/testing$': '<rootDir>/lib/testing/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/sample-app/dist/', '<rootDir>/.stepwell/'],
  reporters: ['default', '<rootDir>/scripts/jest-totals.mjs'],
  testSequencer: '<rootDir>/scripts/jest-sequencer.mjs',
  // For two cores: a third of their time test files wait, for servers that start and for what takes time by itself.
  maxWorkers: 3,
  // A machine that is busy with other things is slow, not wrong.
  testTimeout: process.env.STEPWELL_TEST_TIER?.endsWith('faults') ? 120_000 : 20_000,
};
