// Makes one Redis function library of all commands. What lua/shared/ has, and what in a command does not read the call, is
// made once, when the library is loaded; the rest of a command runs at each call.
import { createHash } from 'node:crypto';

/** Names that stand for the call: what reads them is made at each call. */
const OF_THE_CALL = ['KEYS', 'ARGV', 'q', 'prefix', 'rest'];

/** The keys of so many queues are kept spelled for each command. */
const MOST_QUEUES = 256;

const withoutTexts = (lua) => lua.replaceAll(/'(?:[^'\\\n]|\\.)*'/g, (text) => ' '.repeat(text.length));

const mentions = (code, name) => new RegExp(`(?<![.\\w:])${name}\\b(?!\\s*=[^=])`).test(code);

/** Statements that begin in the first column, each with its lines and the locals that it declares. */
function statements(lua) {
  const found = [];
  for (const line of lua.split('\n')) {
    const continues = /^(?:\s|end\b|else|until\b|\}|\)|\])/.test(line);
    if (continues && found.length > 0) found.at(-1).push(line);
    else found.push([line]);
  }
  return found.map((lines) => {
    const text = lines.join('\n');
    const fn = /^local function (\w+)\(([^)]*)\)/.exec(text);
    const plain = /^local ([\w, ]+?)(?: =|$)/m.exec(lines[0]);
    const names = fn ? [fn[1]] : plain ? plain[1].split(/,\s*/) : [];
    return { text, code: withoutTexts(text), names, params: fn ? fn[2].split(/,\s*/) : undefined };
  });
}

/** Splits a body into what can be made once and what must run at each call. */
function split(body, args) {
  const ofTheCall = new Set([...OF_THE_CALL, ...args]);
  const once = [];
  const each = [];
  for (const statement of statements(body)) {
    const own = new Set(statement.params ?? []);
    const reads = [...ofTheCall].some((name) => !own.has(name) && mentions(statement.code, name));
    const isConstant =
      statement.params !== undefined ||
      (/^local [A-Z][A-Z_\d]* = /.test(statement.text) && !statement.code.includes('('));
    if (isConstant && !reads) {
      once.push(statement);
    } else {
      each.push(statement);
      statement.names.forEach((name) => ofTheCall.add(name));
    }
  }
  return { once, each };
}

/** While a library is loaded there is nothing to call. */
function refuseCalls(file, parts) {
  const calling = parts.find(
    ({ params, code }) => params === undefined && !code.includes('function') && code.includes('('),
  );
  if (calling) {
    throw new Error(
      `shared/${file}.lua: ${calling.names} is computed outside of a function: write down its value`,
    );
  }
}

/** Library state would go from one call to the next, and from a call that failed. */
function refuseState(file, parts) {
  const variables = parts.filter(({ params }) => params === undefined).flatMap(({ names }) => names);
  for (const name of variables) {
    const assigns = new RegExp(`^\\s+(?:\\w+, )*${name}(?:\\.\\w+|\\[.+\\])?(?:, \\w+)* = `, 'm');
    const assigned = parts.some(({ code }) => assigns.test(code));
    if (assigned && !FRESH.has(name)) {
      throw new Error(`shared/${file}.lua: ${name} is changed by a call, and would be so for the next one`);
    }
  }
}

/** Set anew by each call, before it is read, and read in its own file alone: other files would have a copy. */
const FRESH = new Set(['is_given', 'called_at']);

function imports(code, own, owners) {
  const wanted = [...owners.keys()].filter((name) => !own.has(name) && mentions(code, name));
  const lines = [];
  for (let i = 0; i < wanted.length; i += 20) {
    const names = wanted.slice(i, i + 20);
    lines.push(`local ${names.join(', ')} = ${names.map((name) => `all.${name}`).join(', ')}`);
  }
  return { lines, files: new Set(wanted.map((name) => owners.get(name))) };
}

function readModules(shared) {
  const owners = new Map();
  const modules = new Map();
  for (const [file, text] of shared) {
    const parts = statements(text);
    refuseCalls(file, parts);
    refuseState(file, parts);
    const names = parts.flatMap((part) => part.names);
    for (const name of names) {
      if (owners.has(name)) {
        throw new Error(`shared/${file}.lua: shared/${owners.get(name)}.lua has a ${name} too`);
      }
      owners.set(name, file);
    }
    modules.set(file, { text, names: new Set(names), code: withoutTexts(text) });
  }
  for (const [file, module] of modules) {
    const stale = [...FRESH].find((name) => owners.get(name) !== file && mentions(module.code, name));
    if (stale)
      throw new Error(`shared/${file}.lua reads ${stale}: have its own file return it by a function`);
    module.imports = imports(module.code, module.names, owners);
    if (module.imports.files.has(file)) throw new Error(`shared/${file}.lua needs itself`);
  }
  return { modules, owners };
}

/** Files in the order in which they need each other. */
function inOrder(modules) {
  const order = [];
  const state = new Map();
  const visit = (file) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open')
      throw new Error(`shared/${file}.lua needs itself, by way of another file`);
    state.set(file, 'open');
    modules.get(file).imports.files.forEach(visit);
    state.set(file, 'done');
    order.push(file);
  };
  [...modules.keys()].forEach(visit);
  return order;
}

function moduleText({ text, names, imports: { lines } }) {
  return [
    'do',
    ...lines,
    text,
    ...[...names].filter((name) => !FRESH.has(name)).map((name) => `all.${name} = ${name}`),
    'end',
  ];
}

function commandText({ name, header, body, prelude }, owners) {
  const { once, each } = split(
    body,
    header.args.map((arg) => arg.name),
  );
  const text = [...once, ...each];
  const own = new Set(text.flatMap((part) => part.names));
  const code = `${text.map((part) => part.code).join('\n')}\n${withoutTexts(prelude.text)}`;
  return [
    'do',
    ...imports(code, own, owners).lines,
    ...once.map((part) => part.text),
    'local known, count = {}, 0',
    `redis.register_function(LIBRARY .. '_${name.replaceAll('-', '_')}', function(KEYS, ARGV)`,
    'local q = known[KEYS[1]]',
    'if not q then',
    `if count == ${MOST_QUEUES} then`,
    'known, count = {}, 0',
    'end',
    prelude.keys,
    'known[KEYS[1]], count = q, count + 1',
    'end',
    prelude.text,
    ...each.map((part) => part.text),
    'end)',
    'end',
  ];
}

/**
 * @param version of the package
 * @param shared text of each file of lua/shared/ by its name
 * @param commands each with name, header, body and prelude
 * @returns the library's name and its text; both change with any of the Lua
 */
export function makeLibrary(version, shared, commands) {
  const { modules, owners } = readModules(shared);
  const text = [
    'local all = {}',
    'local function rare()',
    'return all',
    'end',
    'local grouped = rare',
    'local AS_FUNCTION = true',
    ...inOrder(modules).flatMap((file) => moduleText(modules.get(file))),
    ...commands.flatMap((command) => commandText(command, owners)),
  ].join('\n');
  const hash = createHash('sha1').update(text).digest('hex').slice(0, 10);
  const name = `stepwell_${version.replaceAll(/\W/g, '_')}_${hash}`;
  return { name, text: [`#!lua name=${name}`, `local LIBRARY = '${name}'`, text].join('\n') };
}
