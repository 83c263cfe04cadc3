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
  return `# Errors\n\nEvery error that Stepwell throws on purpose has a stable \`code\`; the message says what is wrong and the way out. \`<…>\` stands for
names and values. Made from the code by \`npm run generate:reference\`.\n\n${sections.join('\n')}`;
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
  }
  return '';
}

function messagesOf(declaration) {
  const messages = superCalls(declaration)
    .map(([message]) => message && template(message))
    .filter((text) => text);
  return [...new Set(messages)];
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
      if (seen.has(symbol) || !/(Options|Opts|KeepJobs|Template)$/.test(name)) return [];
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
    const optional = property.flags & ts.SymbolFlags.Optional;
    const shown = typeOf(property, declaration);
    return [`| \`${property.name}\`${optional ? '' : ' (required)'} | ${shown} | ${cell(docOf(property))} |`];
  });
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
