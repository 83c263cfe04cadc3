// Who may import whom. A folder of lib/ imports only from lower floors, and folders of one floor never import each other.
const FLOORS = [
  ['runtime'],
  ['job'],
  ['redis'],
  ['store'],
  ['schedule'],
  ['queue', 'worker', 'flow', 'events', 'maintenance'],
  ['steps', 'otel'],
  ['nest'],
  ['testing', 'compat'],
  ['cli'],
];

const anyOf = (folders) => `^lib/(${folders.join('|')})/`;
const folders = FLOORS.flat();

const floorRules = FLOORS.flatMap((floor, level) =>
  floor.map((folder) => ({
    name: `floor-${level}-${folder}`,
    comment: `lib/${folder} is on floor ${level}: it imports only itself and lower floors.`,
    severity: 'error',
    from: { path: anyOf([folder]) },
    to: { path: '^lib/', pathNot: anyOf([folder, ...FLOORS.slice(0, level).flat()]) },
  })),
);

const onlyIn = (name, path, allowed) => ({
  name: `${name}-only-in-${allowed.join('-')}`,
  comment: `Only ${allowed.map((folder) => `lib/${folder}`).join(', ')} may import ${name}, types included.`,
  severity: 'error',
  from: { path: '^lib/', pathNot: anyOf(allowed) },
  to: { path },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'known-folder',
      comment:
        'Every folder of lib/ has a floor here; beside the folders there are only index.ts and engine.ts.',
      severity: 'error',
      from: {},
      to: { path: '^lib/', pathNot: [anyOf(folders), '^lib/(index|engine)\\.ts$'] },
    },
    {
      name: 'engine-without-nest',
      comment: 'The engine entry point is for programs without Nest.',
      severity: 'error',
      from: { path: '^lib/engine\\.ts$' },
      to: { path: '^lib/(index\\.ts$|nest/|testing/)' },
    },
    {
      name: 'no-cycles',
      comment: 'Files that import each other cannot be understood, or loaded, one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    onlyIn('ioredis', '(^|/)node_modules/ioredis/', ['redis']),
    {
      name: 'rxjs-only-in-events-steps-nest',
      comment:
        'Streams are for telling: events, steps and Nest. In the worker one file makes its local events into streams, which ' +
        'must be members of the worker to be found where its listeners are.',
      severity: 'error',
      from: {
        path: '^lib/',
        pathNot: [anyOf(['events', 'steps', 'nest']), '^lib/worker/worker-streams\\.ts$'],
      },
      to: { path: '(^|/)node_modules/rxjs/' },
    },
    onlyIn('cron-parser', '(^|/)node_modules/cron-parser/', ['schedule']),
    onlyIn('opentelemetry', '(^|/)node_modules/@opentelemetry/', ['otel']),
    onlyIn('nestjs', '(^|/)node_modules/@nestjs/', ['nest', 'compat/nestjs-bullmq']),
    {
      name: 'compat-bullmq-without-nest',
      comment: 'What comes from bullmq alone has no Nest.',
      severity: 'error',
      from: { path: '^lib/compat/bullmq/' },
      to: { path: '^lib/(index\\.ts$|nest/|compat/nestjs-bullmq/)' },
    },
    {
      name: 'testing-only-built-ins',
      comment: 'The scripts import the embedded Redis by itself, before anything is known to work.',
      severity: 'error',
      from: { path: '^lib/testing/(start-redis|embedded-redis|local-redis-server|external-redis)\\.ts$' },
      to: { pathNot: '^lib/testing/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'library-alone',
      comment: 'What is published imports nothing of what is not.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(test|bench|sample-app|scripts|dist)/' },
    },
    {
      name: 'library-declares-its-packages',
      comment:
        'A package that the library imports is a dependency or a peer, never only a development dependency.',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'],
      },
    },
    {
      name: 'sample-app-through-entry-points',
      comment:
        'The sample app uses the library as any application would: stepwell, stepwell/engine, stepwell/testing.',
      severity: 'error',
      from: { path: '^sample-app/' },
      to: { path: '^(lib|dist|test|bench|scripts)/', dependencyTypesNot: ['aliased', 'aliased-tsconfig'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^((sample-app/)?dist|test/package)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
