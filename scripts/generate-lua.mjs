// Turns the headers of lua/commands/*.lua into the Lua that Redis runs and the types that callers use.
// `node scripts/generate-lua.mjs` writes lib/redis/scripts.generated.ts, each command as a script,
// lib/redis/library.generated.ts, all of them as one library of functions, and lib/job/wire.generated.ts, what encodes
// entries and decodes replies; `--check` fails when one is stale.
// The grammar of a header is described in lua/README.md.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ARG_TYPES, LAZY, readHeader } from './lua-header.mjs';
import { makeLibrary } from './lua-library.mjs';
import { numbersAsTexts } from './lua-numbers.mjs';
import { expandForms, readForm } from './wire-forms.mjs';
import { makeWire, replyType, restType } from './wire-types.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const commandsDir = join(root, 'lua/commands');
const sharedDir = join(root, 'lua/shared');
const scriptsFile = join(root, 'lib/redis/scripts.generated.ts');
const libraryFile = join(root, 'lib/redis/library.generated.ts');
const wireFile = join(root, 'lib/job/wire.generated.ts');

const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const words = (text) => text.trim().split(/\s+/).filter(Boolean);

const stripComments = (source) =>
  source
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('--'))
    .join('\n');

// All keys are spelled from that of `meta`: each name that a call carries costs both sides time.
function keysOf(header) {
  const keys = header.keys.map((key) => `['${key}'] = prefix .. '${key}'`);
  const derived = [
    ...header.seldom.map((key) => `['${key}'] = prefix .. '${key}'`),
    ...header.derives.map((key) => `['${key}'] = prefix .. '${key}:'`),
  ];
  return `{ ${[...keys, ...derived].join(', ')} }`;
}

const PREFIX = 'string.sub(KEYS[1], 1, -5)';

// What is read before the body begins: the fixed arguments, then, where something follows them, how many texts that is.

function argumentsOf(header) {
  const args = header.args.map(({ type }, i) => ARG_TYPES[type].lua(`ARGV[${i + 1}]`));
  const lines = [];
  if (args.length > 0)
    lines.push(`local ${header.args.map(({ name }) => name).join(', ')} = ${args.join(', ')}`);
  if (args.length > 0 || header.rest) lines.push(refusal(header));
  if (header.rest) lines.push(`local rest = ${header.args.length + 2}`);
  return lines;
}

function prelude(header) {
  return [
    'local ARGV, AS_FUNCTION = ARGV, false',
    `local prefix = ${PREFIX}`,
    `local q = ${keysOf(header)}`,
    ...(header.args.length > 0 ? [partOf('', 'whole')] : []),
    ...argumentsOf(header),
  ];
}

// In a library the keys of a queue are spelled once, and kept.
function libraryPrelude(header, body) {
  const prefix = /\bprefix\b/.test(body) ? [`local prefix = ${PREFIX}`] : [];
  return {
    keys: [`local prefix = ${PREFIX}`, `q = ${keysOf(header)}`].join('\n'),
    text: [...prefix, ...argumentsOf(header)].join('\n'),
  };
}

// Redis does not roll a script back, so what a body could not use is refused before it begins; so is a call with an argument
// too many or too few, which would shift what follows.
function refusal({ args, rest }) {
  const numbers = args.filter(({ type }) => ARG_TYPES[type].isNumber).map(({ name }) => name);
  const count = args.length + 1;
  const isWhole = [
    rest ? `tonumber(ARGV[${count}]) == #ARGV - ${count}` : `#ARGV == ${args.length}`,
    ...numbers,
  ].join(' and ');
  const names = [...args.map(({ name }) => name), ...(rest ? ['and how many texts follow'] : [])].join(' ');
  return [
    `if not (${isWhole}) then`,
    `return redis.error_reply('ERR an argument is missing, is one too many, or is no whole number: ${names}')`,
    'end',
  ].join('\n');
}

function checkBody(file, header, source, shared) {
  const body = stripComments(source);
  if (/\bKEYS\b/.test(body)) throw new Error(`${file}: bodies use the names of keys, never KEYS`);
  const known = new Set([...header.keys, ...header.seldom, ...header.derives]);
  for (const [, key] of `${body}\n${shared}`.matchAll(/\bq\.(\w+)/g)) {
    // A fragment may hold functions for keys that this command never touches.
    if (!known.has(key) && body.includes(`q.${key}`)) throw new Error(`${file}: key ${key} is not declared`);
  }
}

const withoutTexts = (lua) => lua.replaceAll(/'(?:[^'\\\n]|\\.)*'/g, (text) => ' '.repeat(text.length));

// A function that is called above its definition is a global there, which a script may not have.
function checkOrder(file, lua) {
  const code = withoutTexts(lua);
  for (const { 1: name, index } of code.matchAll(/\blocal function (\w+)/g)) {
    const first = code.search(new RegExp(`\\blocal function ${name}\\b`));
    const call = code.search(new RegExp(`(?<![.\\w:])(?<!function )${name}\\s*\\(`));
    if (first === index && call !== -1 && call < index) {
      throw new Error(`${file}: ${name} is called before it is defined: change the order of @use`);
    }
  }
}

const LUA_WORDS = new Set(
  words(
    'and elseif for function if in not or return until while error ipairs next pairs pcall tonumber tostring type unpack',
  ),
);
const CALL = /(?<![.\w:])(\w+)\s*\(/g;

// Names of functions, of values and of parameters: what a text may call, whatever it is there.
const namesIn = (code) =>
  [...code.matchAll(/\blocal (?!function\b)([\w, ]+)|\bfunction ?(\w*)\(([\w, .]*)\)/g)].flatMap((found) =>
    words(found.slice(1).join(' ').replaceAll(',', ' ')),
  );

// The functions of a text by name, and what stands outside of them under ''.
function functionsIn(code) {
  const functions = new Map();
  const outside = code.replaceAll(/^local function (\w+)[^]*?^end$/gm, (text, name) => {
    functions.set(name, text);
    return '';
  });
  return functions.set('', outside);
}

// A function that no part defines is a global as well. A fragment may hold functions that this command never calls, and they may
// lack others. What is made by `rare()` is seen elsewhere as `rare().name` alone, and so with the other sets.
function checkDefined(file, plain, lazy) {
  const texts = [plain, ...lazy];
  const parts = texts.map(functionsIn);
  const names = texts.map((text) => new Set(namesIn(text)));
  const seen = texts.map(() => new Set());
  const visit = (side, name) => {
    if (seen[side].has(name)) return;
    seen[side].add(name);
    const code = parts[side].get(name);
    for (const [, called] of code.matchAll(CALL)) {
      if (!LUA_WORDS.has(called) && !names[0].has(called) && !names[side].has(called)) {
        throw new Error(
          `${file}: ${name || 'the body'} calls ${called}, which no part in @use or @${LAZY[side - 1] ?? 'rare'} defines`,
        );
      }
    }
    for (const [, made, word] of code.matchAll(/(?:\b(rare|grouped)\(\)\.)?\b(\w+)/g)) {
      const set = LAZY.indexOf(made) + 1;
      if (set > 0 && !parts[set].has(word)) throw new Error(`${file}: no part in @${made} defines ${word}`);
      const home = set > 0 ? set : parts[side].has(word) ? side : 0;
      if (parts[home].has(word)) visit(home, word);
    }
  };
  visit(0, '');
}

/**
 * Lua takes 200 locals in a function, those of its loops included, and what a script is made of are locals of one; what it makes when it is
 * first needed are those of another.
 */
function checkLocals(file, lua) {
  const MOST = 190;
  const LATE = /^(?:rare|grouped) = function\(\)$[\s\S]*?^return made$/gm;
  const code = withoutTexts(lua);
  for (const own of [code.replaceAll(LATE, ''), ...(code.match(LATE) ?? [])]) {
    const count = [...own.matchAll(/^local (?:function \w+|([\w, ]+))/gm)]
      .map(([, names]) => (names === undefined ? 1 : names.split(',').length))
      .reduce((sum, more) => sum + more, 0);
    if (count > MOST) throw new Error(`${file}: ${count} locals, and Lua takes ${MOST}: move parts to @rare`);
  }
}

function readShared(file, name) {
  const path = join(sharedDir, `${name}.lua`);
  if (!existsSync(path)) throw new Error(`${file}: no shared/${name}.lua`);
  const source = readFileSync(path, 'utf8');
  const text = numbersAsTexts(stripComments(source));
  if (/\b(KEYS|ARGV)\b/.test(text)) throw new Error(`shared/${name}.lua touches KEYS or ARGV`);
  const own = formsOf(name, source);
  return expandForms(`shared/${name}.lua`, text, [...own.forms, ...sharedForms(name, own.with)], own.forms);
}

const formsByFile = new Map();

/** The forms in the head of a file of lua/shared/, and the names of those of others that it uses. */
function formsOf(name, source) {
  const known = formsByFile.get(name);
  if (known) return known;
  const found = { forms: [], with: [] };
  formsByFile.set(name, found);
  for (const line of source.split('\n')) {
    const tag = /^-- @(\w+)\s*(.*)$/.exec(line);
    if (tag?.[1] === 'with') found.with.push(...words(tag[2]));
    else if (tag && !readForm(found.forms, `lua/shared/${name}.lua`, tag[1], tag[2])) {
      throw new Error(`shared/${name}.lua: unknown tag @${tag[1]}`);
    }
  }
  return found;
}

const allSharedForms = () =>
  luaNames(sharedDir).flatMap(
    (file) => formsOf(basename(file, '.lua'), readFileSync(join(sharedDir, file), 'utf8')).forms,
  );

function sharedForms(file, names) {
  return names.map((name) => {
    const form = allSharedForms().find((known) => known.name === name);
    if (!form) throw new Error(`${file}: no file of shared/ has a form ${name}`);
    return form;
  });
}

// A script makes all its functions anew at each run, which is a good part of the cost of a small call. Those that most
// runs do without are made by `rare()` when the first of them is needed.
function lazyFunctions(set, sources) {
  if (sources.length === 0) return [];
  const names = sources.flatMap(({ text }) =>
    [...text.matchAll(/^local function (\w+)/gm)].map(([, name]) => name),
  );
  const table = names.map((name) => `${name} = ${name}`).join(', ');
  return [
    `${set} = function()`,
    ...sources,
    `local made = { ${table} }`,
    `${set} = function() return made end`,
    'return made',
    'end',
  ];
}

function readCommand(file) {
  const source = readFileSync(join(commandsDir, file), 'utf8');
  const header = readHeader(file, source);
  const forms = [...header.forms, ...sharedForms(file, header.with)];
  return {
    file,
    name: basename(file, '.lua'),
    source,
    header,
    body: expandForms(file, numbersAsTexts(stripComments(source)), forms, allSharedForms()),
  };
}

/** A file of lua/shared/ in a script: it is written down once, and joined in where a script is first needed. */
const partOf = (file, use) => ({ use, text: readShared(file, use) });

const textOf = (pieces) => pieces.map((piece) => piece.text ?? piece).join('\n');

function compile({ file, name, source, header, body }, used) {
  const lazy = LAZY.map((set) => header[set].map((use) => partOf(file, use)));
  const shared = [
    ...LAZY.filter((set) => header[set].length > 0).map((set) => `local ${set}`),
    ...header.uses.map((use) => partOf(file, use)),
  ];
  const made = LAZY.flatMap((set, i) => lazyFunctions(set, lazy[i]));
  checkBody(file, header, source, textOf([...shared, ...made]));
  const pieces = [...prelude(header), ...shared, ...made, body].filter(Boolean);
  checkOrder(file, textOf(pieces));
  checkLocals(file, textOf(pieces));
  checkDefined(
    file,
    withoutTexts(textOf([...prelude(header), ...shared, body])),
    lazy.map((parts) => withoutTexts(textOf(parts))),
  );
  pieces.forEach((piece) => piece.use && used.set(piece.use, piece.text));
  const args = header.args.map(({ name: arg, type }) => `${arg}: ${ARG_TYPES[type].ts}`).join(', ');
  return [
    `/** ${header.summary} */`,
    `export const ${camel(name)} = defineScript<[${args}], ${restType({ name, header })}, ${replyType({ file, header })}>(`,
    `  '${name}',`,
    `  [${header.keys.map((key) => `'${key}'`).join(', ')}],`,
    `  ${asLines(pieces)},`,
    `  ${header.args[0]?.name === 'now'},`,
    `  ${header.rest},`,
    `);`,
  ].join('\n');
}

/** Texts as an array of their lines, one a line; what is written down elsewhere goes by its name. */
function asLines(pieces) {
  const lines = pieces.flatMap((piece) =>
    piece.use ? [`PARTS['${piece.use}'],`] : piece.split('\n').map((line) => `${JSON.stringify(line)},`),
  );
  return ['[', ...lines.map((line) => `    ${line}`), '  ]'].join('\n');
}

const luaNames = (folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.lua'))
    .sort();

const NOTE = '// Generated from lua/ by scripts/generate-lua.mjs. Do not edit.';

function makeScripts(commands) {
  const head = [
    NOTE,
    "import type { Encoded } from '../job/wire.generated.js';",
    "import { defineScript } from './script.js';",
    '',
  ];
  const used = new Map();
  const scripts = commands.map((command) => compile(command, used));
  const parts = [...used].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...head,
    '/** Files of lua/shared/. */',
    'const PARTS = {',
    ...parts.map(([use, text]) => `  '${use}': ${asLines([text])},`),
    '} as const;',
    '',
    scripts.join('\n\n'),
    '',
  ].join('\n');
}

function makeLibraryFile(commands) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const shared = luaNames(sharedDir).map((file) => [
    basename(file, '.lua'),
    readShared('', basename(file, '.lua')),
  ]);
  const parts = commands.map((command) => ({
    ...command,
    prelude: libraryPrelude(command.header, command.body),
  }));
  const { name, text } = makeLibrary(version, shared, parts);
  return [
    NOTE,
    '',
    '/** Its name changes with the version of the package and with any of the Lua, so that two applications do not meet. */',
    `export const LIBRARY_NAME = '${name}';`,
    '',
    `export const LIBRARY_LINES: readonly string[] = ${asLines([text])};`,
    '',
  ].join('\n');
}

const commands = luaNames(commandsDir).map(readCommand);
for (const [target, output] of [
  [scriptsFile, makeScripts(commands)],
  [libraryFile, makeLibraryFile(commands)],
  [wireFile, makeWire(NOTE, allSharedForms(), commands)],
]) {
  const current = existsSync(target) ? readFileSync(target, 'utf8') : '';
  if (current === output) continue;
  if (process.argv.includes('--check')) {
    console.error(`${target.slice(root.length + 1)} is stale: run \`npm run generate\`.`);
    process.exitCode = 1;
  } else {
    writeFileSync(target, output);
  }
}
