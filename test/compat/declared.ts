import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { holdersOf } from './covered.js';

const require = createRequire(import.meta.url);
const bullmq = join(dirname(require.resolve('bullmq')), '..', 'esm', 'index.d.ts');
const nest = join(dirname(require.resolve('@nestjs/bullmq/package.json')), 'dist', 'index.d.ts');

const ours = fileURLToPath(new URL('../../lib/compat/nestjs-bullmq/index.ts', import.meta.url));

const CLASSES = [
  ...['Queue', 'Worker', 'Job', 'QueueEvents', 'QueueEventsProducer', 'FlowProducer', 'JobScheduler'],
];
const EVENTS = ['QueueListener', 'WorkerListener', 'QueueEventsListener', 'FlowProducerListener'];
const OPTIONS = [
  ...['QueueOptions', 'WorkerOptions', 'QueueEventsOptions', 'QueueBaseOptions', 'AdvancedOptions'],
  ...[
    'BaseJobOptions',
    'BulkJobOptions',
    'RepeatOptions',
    'DeduplicationOptions',
    'KeepJobs',
    'BackoffOptions',
  ],
  ...[
    'FlowOpts',
    'NodeOpts',
    'FlowJobBase',
    'MetricsOptions',
    'RateLimiterOptions',
    'RetryOptions',
    'ObliterateOpts',
  ],
  ...[
    'DependenciesOpts',
    'GetNextJobOptions',
    'MoveToWaitingChildrenOpts',
    'SandboxedOptions',
    'ParentOptions',
  ],
];
const NEST_OPTIONS = [
  ...[
    'BullRootModuleOptions',
    'RegisterQueueOptions',
    'RegisterQueueAsyncOptions',
    'RegisterFlowProducerOptions',
  ],
  ...[
    'RegisterFlowProducerAsyncOptions',
    'SharedBullAsyncConfiguration',
    'ProcessorOptions',
    'BullModuleExtraOptions',
  ],
];

/** What is declared for users, as `Queue.add`, `QueueListener 'error'` and `WorkerOptions { name }`. */
export interface Declared {
  members: string[];
  events: string[];
  options: string[];
  /** The same option where an interface has it from, `BulkJobOptions { delay }` from `BaseJobOptions { delay }`. */
  inherited: Map<string, string>;
  nestExports: string[];
  /** Those of `stepwell/nestjs-bullmq`. */
  ownNestExports: string[];
}

/** Files of declarations, to be read with the programs. */
export const DECLARATIONS = [bullmq, nest, ours];

/** Reads the declarations of both installed packages. */
export function readDeclared(program: ts.Program): Declared {
  const checker = program.getTypeChecker();
  const exportsOf = (file: string): Map<string, ts.Symbol> => {
    const source = program.getSourceFile(file);
    const symbol = source && checker.getSymbolAtLocation(source);
    return new Map(
      (symbol ? checker.getExportsOfModule(symbol) : []).map((each) => [each.name, resolved(each)]),
    );
  };
  const resolved = (symbol: ts.Symbol): ts.Symbol =>
    (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
  const membersOf = (type: ts.Type): string[] =>
    checker
      .getPropertiesOfType(type)
      .filter(isPublic)
      .map(({ name }) => name);
  const inherited = new Map<string, string>();
  const optionsOf = (from: Map<string, ts.Symbol>, names: string[]): string[] =>
    names.flatMap((name) => {
      const symbol = from.get(name);
      if (!symbol) return [];
      const properties = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
      return properties.filter(isPublic).map((property) => {
        const entry = `${name} { ${property.name} }`;
        const [holder] = holdersOf(property);
        if (holder) inherited.set(entry, `${holder} { ${property.name} }`);
        return entry;
      });
    });
  const own = exportsOf(bullmq);
  const nestOwn = exportsOf(nest);
  const declared = (from: Map<string, ts.Symbol>, names: string[]): [string, string[]][] =>
    names.flatMap((name) => {
      const symbol = from.get(name);
      return symbol ? [[name, membersOf(checker.getDeclaredTypeOfSymbol(symbol))] as [string, string[]]] : [];
    });
  const statics = CLASSES.flatMap((name) => {
    const symbol = own.get(name)!;
    const type = checker.getTypeOfSymbolAtLocation(symbol, symbol.valueDeclaration!);
    return membersOf(type)
      .filter((each) => each !== 'prototype')
      .map((each) => `${name}.${each}`);
  });
  return {
    members: [
      ...statics,
      ...declared(own, CLASSES).flatMap(([name, members]) => members.map((each) => `${name}.${each}`)),
    ],
    events: declared(own, EVENTS).flatMap(([name, members]) => members.map((each) => `${name} '${each}'`)),
    options: [...optionsOf(own, OPTIONS), ...optionsOf(nestOwn, NEST_OPTIONS)],
    inherited,
    nestExports: [...nestOwn.keys()],
    ownNestExports: [...exportsOf(ours).keys()],
  };
}

/** Of a class of the packages themselves: what it has of `EventEmitter` is Node's. */
function isPublic(symbol: ts.Symbol): boolean {
  const declaration = symbol.declarations?.[0];
  if (!declaration || declaration.getSourceFile().fileName.includes('@types/node')) return false;
  const flags = ts.getCombinedModifierFlags(declaration as ts.Declaration);
  return (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;
}
