// Writes docs/reference/errors.md and docs/reference/options.md from the code: what is exported, its doc comments and messages.
// `--check` fails when they are stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ENTRIES = [
  ['stepwell', 'lib/index.ts'],
  ['stepwell/testing', 'lib/testing/index.ts'],
];

const program = ts.createProgram(
  ENTRIES.map(([, file]) => join(root, file)),
  { ...readConfig(), noEmit: true, skipLibCheck: true },
);
const checker = program.getTypeChecker();

const written = {
  'errors.md': errorsPage(),
  'options.md': optionsPage(),
};
write(written);

function readConfig() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

/** Exported symbols of an entry, with what an alias stands for, by name. */
function exportsOf(file) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, file)));
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({
      name: symbol.name,
      symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

function docOf(symbol) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function errorsPage() {
  const seen = new Set();
  const sections = ENTRIES.map(([entry, file]) => {
    const rows = exportsOf(file).flatMap(({ name, symbol }) => {
      const declaration = symbol.valueDeclaration;
      if (seen.has(symbol) || !declaration || !ts.isClassDeclaration(declaration) || !isError(symbol))
        return [];
      seen.add(symbol);
      const code = codeOf(declaration);
      const message = messagesOf(declaration).map((each) => `\`${cell(each)}\``);
      return [`| \`${name}\` | ${code} | ${cell(docOf(symbol))} | ${message.join(' or ')} |`];
    });
    return `## ${entry}\n\n| Class | Code | When | Message |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return `# Errors\n\nAn error that Stepwell throws has a stable \`code\`; the message says what is wrong and the way out. \`<…>\` stands for
names and values. Where the message depends on the call, there is none here. Errors that a processor throws to say something, such
as \`UnrecoverableError\`, have no code. Codes that are numbers are those of BullMQ. Made from the code by
\`npm run generate:reference\`.\n\n${sections.join('\n')}`;
}

function isError(symbol) {
  return checker
    .getTypeOfSymbol(symbol)
    .getConstructSignatures()
    .some((signature) => {
      let type = signature.getReturnType();
      for (let i = 0; i < 6 && type; i += 1) {
        if (type.symbol?.name === 'Error') return true;
        type = type.getBaseTypes?.()?.[0];
      }
      return false;
    });
}

function codeOf(declaration) {
  for (const member of declaration.members) {
    if (ts.isPropertyDeclaration(member) && member.name.getText() === 'code' && member.initializer) {
      return `\`${literal(member.initializer)}\``;
    }
  }
  for (const args of superCalls(declaration)) {
    const code = args
      .slice(1)
      .map(literal)
      .find((text) => /^(-?\d+|[A-Z][A-Z_]+)$/.test(text ?? ''));
    if (code !== undefined) return `\`${code}\``;
    const oneOf = args.slice(1).flatMap(valuesOf);
    if (oneOf.length > 0) return oneOf.map((each) => `\`${each}\``).join(' or ');
  }
  const byDefault = defaultsOf(declaration).get('code');
  if (byDefault) return `\`${literal(byDefault)}\``;
  const base = baseOf(declaration);
  return base ? codeOf(base) : '';
}

/** What is in a constant object of which a value is taken. */
function valuesOf(node) {
  if (!ts.isElementAccessExpression(node)) return [];
  let given = checker.getSymbolAtLocation(node.expression)?.valueDeclaration?.initializer;
  if (given && ts.isAsExpression(given)) given = given.expression;
  return given && ts.isObjectLiteralExpression(given)
    ? given.properties.map(({ initializer }) => literal(initializer)).filter(Boolean)
    : [];
}

/** The class that this one extends, where it is one of ours. */
function baseOf(declaration) {
  const [clause] = declaration.heritageClauses ?? [];
  const symbol = clause && checker.getSymbolAtLocation(clause.types[0].expression);
  const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const base = target?.valueDeclaration;
  return base && ts.isClassDeclaration(base) && !base.getSourceFile().fileName.includes('node_modules')
    ? base
    : undefined;
}

/** Defaults of the constructor's parameters, by their names. */
function defaultsOf(declaration) {
  const constructors = declaration.members.filter(ts.isConstructorDeclaration);
  return new Map(
    constructors.flatMap(({ parameters }) =>
      parameters.flatMap(({ name, initializer }) => (initializer ? [[name.getText(), initializer]] : [])),
    ),
  );
}

function messagesOf(declaration) {
  const defaults = defaultsOf(declaration);
  const inherited = templateOfBase(declaration);
  const messages = superCalls(declaration)
    .map((args) => inherited?.(args) ?? (args[0] && template(defaults.get(args[0].getText()) ?? args[0])))
    .filter((text) => text);
  return [...new Set(messages)];
}

/** Where the base makes a message of several arguments: that message, by the arguments that it is given. */
function templateOfBase(declaration) {
  const base = baseOf(declaration);
  const parameters = base?.members
    .find(ts.isConstructorDeclaration)
    ?.parameters.map(({ name }) => name.getText());
  const whole =
    base && messagesOf(base).find((text) => parameters.every((name) => text.includes(`<${name}>`)));
  if (!whole || parameters.length < 2) return undefined;
  return (args) =>
    parameters.reduce(
      (text, name, i) => text.replace(`<${name}>`, () => (args[i] && template(args[i])) ?? `<${name}>`),
      whole,
    );
}

function superCalls(node) {
  const calls = [];
  const visit = (child) => {
    if (ts.isCallExpression(child) && child.expression.kind === ts.SyntaxKind.SuperKeyword) {
      calls.push([...child.arguments]);
    }
    ts.forEachChild(child, visit);
  };
  visit(node);
  return calls;
}

function literal(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isPrefixUnaryExpression(node)) return `-${node.operand.getText()}`;
  return ts.isNumericLiteral(node) ? node.text : undefined;
}

/** A message with `<…>` for what it puts in. */
function template(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isConditionalExpression(node))
    return `${template(node.whenTrue)}\` or \`${template(node.whenFalse)}`;
  if (ts.isBinaryExpression(node)) return template(node.left) + template(node.right);
  if (!ts.isTemplateExpression(node)) return undefined;
  const spans = node.templateSpans.map(
    ({ expression, literal: { text } }) => `<${placeholder(expression)}>${text}`,
  );
  return node.head.text + spans.join('');
}

function placeholder(expression) {
  return /^[\w.]+$/.test(expression.getText()) ? expression.getText().split('.').at(-1) : '…';
}

function optionsPage() {
  const seen = new Set();
  const sections = ENTRIES.flatMap(([entry, file]) =>
    exportsOf(file).flatMap(({ name, symbol }) => {
      if (
        seen.has(symbol) ||
        !/(Options|Opts|KeepJobs|Template|Durability|GroupLimits|RateLimit)$/.test(name)
      )
        return [];
      seen.add(symbol);
      const rows = rowsOf(symbol);
      if (rows.length === 0) return [];
      const doc = docOf(symbol);
      return [
        `## ${name}\n\n${doc ? `${doc} ` : ''}From \`${entry}\`.\n\n| Option | Type | Meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`,
      ];
    }),
  );
  return `# Options\n\nOptions that nobody knows are refused by name. Durations are milliseconds where nothing else is said. Made from the code by
\`npm run generate:reference\`.\n\n${sections.join('\n')}`;
}

function rowsOf(symbol) {
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  return type.getApparentProperties().flatMap((property) => {
    const declaration = property.declarations?.[0];
    if (!declaration || declaration.getSourceFile().fileName.includes('node_modules')) return [];
    if (ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal')) return [];
    return rowsOfProperty(property, declaration, '');
  });
}

/** A property, and the properties of an object that is written out in its place. */
function rowsOfProperty(property, declaration, path) {
  const optional = property.flags & ts.SymbolFlags.Optional;
  const name = `${path}${property.name}`;
  const text = [docOf(property), defaultOf(property)].filter(Boolean).join(' ');
  const row = `| \`${name}\`${optional ? '' : ' (required)'} | ${typeOf(property, declaration)} | ${cell(text)} |`;
  const { type } = declaration;
  const inner = type && ts.isTypeLiteralNode(type) ? type.members.filter(ts.isPropertySignature) : [];
  const documented = inner.filter(
    (each) => ts.getJSDocCommentsAndTags(each).length > 0 || each.type?.members,
  );
  return [
    row,
    ...documented.flatMap((each) => rowsOfProperty(checker.getSymbolAtLocation(each.name), each, `${name}.`)),
  ];
}

function defaultOf(property) {
  const tag = property.getJsDocTags(checker).find(({ name }) => name === 'default');
  return tag && `Default: ${ts.displayPartsToString(tag.text)}.`;
}

function typeOf(property, declaration) {
  const source = declaration.type?.getText();
  const text = source ?? checker.typeToString(checker.getTypeOfSymbol(property));
  return `\`${cell(
    text
      .replaceAll(/\/\*[\s\S]*?\*\//g, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  )}\``;
}

function write(pages) {
  const folder = join(root, 'docs/reference');
  mkdirSync(folder, { recursive: true });
  for (const [name, page] of Object.entries(pages)) {
    const path = join(folder, name);
    if (!process.argv.includes('--check')) {
      writeFileSync(path, page);
    } else if (read(path) !== page) {
      console.log(`docs/reference/${name} is stale: run npm run generate:reference.`);
      process.exitCode = 1;
    }
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
