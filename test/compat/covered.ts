import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const folder = fileURLToPath(new URL('.', import.meta.url));
/** Listeners of the classes that have events. */
const LISTENERS: Record<string, string> = {
  Queue: 'QueueListener',
  Worker: 'WorkerListener',
  QueueEvents: 'QueueEventsListener',
  FlowProducer: 'FlowProducerListener',
};
const DECORATORS: Record<string, string> = {
  OnWorkerEvent: 'WorkerListener',
  OnQueueEvent: 'QueueEventsListener',
};
const OF_PACKAGES = /node_modules\/(bullmq|@nestjs\/bullmq)\//;

/** The specs of this folder, and what else is to be read with them. */
export function readProgram(more: readonly string[]): ts.Program {
  return ts.createProgram([...specFiles(), ...more], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    experimentalDecorators: true,
    skipLibCheck: true,
    types: ['node'],
  });
}

function specFiles(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.spec.ts'))
    .toSorted()
    .map((name) => `${folder}${name}`);
}

/** What programs that are run with both packages use, and the titles of the tests that do: `Queue.add` -> `jobs.spec.ts: …`. */
export type Covered = Map<string, Set<string>>;

/** Reads what the specs in this folder use of the packages, by the types of the packages. */
export function readCovered(program: ts.Program): Covered {
  const checker = program.getTypeChecker();
  const covered: Covered = new Map();
  for (const file of specFiles()) {
    const source = program.getSourceFile(file);
    if (source) readUses(source, checker, covered);
  }
  return covered;
}

function readUses(source: ts.SourceFile, checker: ts.TypeChecker, covered: Covered): void {
  const file = basename(source.fileName);
  let title: string | undefined;
  const note = (entry: string): void => {
    if (!title) return;
    const titles = covered.get(entry) ?? new Set();
    covered.set(entry, titles.add(`${file}: ${title}`));
  };
  const visit = (node: ts.Node): void => {
    const own = titleOf(node);
    const outer = title;
    title = own ?? title;
    if (ts.isPropertyAccessExpression(node)) {
      if (isPackage(node.expression, checker)) note(node.name.text);
      for (const owner of namesOf(node.expression, checker)) note(`${owner}.${node.name.text}`);
    } else if (ts.isCallExpression(node)) {
      eventsOf(node, checker).forEach(note);
    }
    if (ts.isExpression(node)) optionsOf(node, checker).forEach(note);
    if (ts.isObjectBindingPattern(node)) {
      for (const owner of ownersOf(checker.getTypeAtLocation(node))) {
        for (const each of node.elements) note(`${owner}.${(each.propertyName ?? each.name).getText()}`);
      }
    }
    ts.forEachChild(node, visit);
    title = outer;
  };
  visit(source);
}

/** The title of a test, at its call of `it`. */
function titleOf(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const [first] = node.arguments;
  const isTest = node.expression.getText() === 'it' && first && ts.isStringLiteralLike(first);
  return isTest ? first.text : undefined;
}

/** Whether it stands for one of the packages as a whole: `lib`, `nest`. */
function isPackage(value: ts.Expression, checker: ts.TypeChecker): boolean {
  const symbol = checker.getTypeAtLocation(value).getSymbol();
  return symbol !== undefined && (symbol.flags & ts.SymbolFlags.ValueModule) !== 0 && isOfPackages(symbol);
}

/** Names of the classes of the packages that a value may be of, or is itself: `lib.Queue`, `new lib.Queue()`. */
function namesOf(value: ts.Expression, checker: ts.TypeChecker): string[] {
  return ownersOf(checker.getTypeAtLocation(value));
}

function ownersOf(type: ts.Type): string[] {
  const bound = type.isTypeParameter() ? (type.getConstraint() ?? type) : type;
  const parts = bound.isUnionOrIntersection() ? bound.types : [bound];
  return parts.flatMap((part) => {
    const symbol = part.getSymbol() ?? part.aliasSymbol;
    return symbol && isOfPackages(symbol) ? [symbol.name] : [];
  });
}

function isOfPackages(symbol: ts.Symbol): boolean {
  return symbol.declarations?.some((each) => OF_PACKAGES.test(each.getSourceFile().fileName)) ?? false;
}

/** Of `worker.on('failed', …)` and of `@OnWorkerEvent('failed')`. */
function eventsOf(call: ts.CallExpression, checker: ts.TypeChecker): string[] {
  const [first] = call.arguments;
  if (!first || !ts.isPropertyAccessExpression(call.expression)) return [];
  const { name, expression } = call.expression;
  const inner = ts.isAsExpression(first) ? first.expression : first;
  const type = checker.getTypeAtLocation(inner);
  const literals = (type.isUnion() ? type.types : [type]).flatMap((each) =>
    each.isStringLiteral() ? [each.value] : [],
  );
  const decorated = DECORATORS[name.text];
  if (decorated) return literals.map((event) => `${decorated} '${event}'`);
  if (!['on', 'once'].includes(name.text)) return [];
  return namesOf(expression, checker).flatMap((owner) =>
    literals.map((event) => `${LISTENERS[owner] ?? owner} '${event}'`),
  );
}

/** Of an argument that is an object of options, by the type of what takes it. */
function optionsOf(node: ts.Expression, checker: ts.TypeChecker): string[] {
  if (!ts.isObjectLiteralExpression(node) && !ts.isIdentifier(node)) return [];
  if (ts.isIdentifier(node) && !ts.isCallOrNewExpression(node.parent)) return [];
  const wanted = checker.getContextualType(node);
  if (!wanted) return [];
  const parts = wanted.isUnion() ? wanted.types : [wanted];
  const given = checker.getTypeAtLocation(node).getProperties();
  return parts.flatMap((part) =>
    given.flatMap(({ name }) => {
      const property = part.getProperty(name);
      const of = part.getSymbol() ?? part.aliasSymbol;
      if (!property || !(isOfPackages(property) || (of && isOfPackages(of)))) return [];
      const holders = [part.getSymbol()?.name, part.aliasSymbol?.name, ...holdersOf(property)];
      return holders.flatMap((holder) => (holder ? [`${holder} { ${name} }`] : []));
    }),
  );
}

/** The interface or the type that declares a property. */
export function holdersOf(property: ts.Symbol): string[] {
  return (property.declarations ?? []).flatMap((declaration) => {
    const holder = ts.findAncestor(
      declaration,
      (node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node),
    );
    return holder ? [(holder as ts.InterfaceDeclaration).name.text] : [];
  });
}
