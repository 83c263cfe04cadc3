// The TypeScript side of the forms of lua/: types of entries and replies, and what encodes and decodes them.
import { SEPARATOR, sizeOf } from './wire-forms.mjs';

const camel = (name) => name.replaceAll(/[-_](.)/g, (_, letter) => letter.toUpperCase());
const pascal = (name) => camel(`-${name}`);
const constant = (name) => name.replaceAll('-', '_').toUpperCase();

const SENT = { text: 'string', int: 'string', flag: "'' | '1'" };
const SEPARATOR_TEXT = SEPARATOR.replace('\\31', '\\x1f');
const RECEIVED = {
  text: { type: 'string', read: (value) => `${value} as string` },
  int: { type: 'number', read: (value) => `Number(${value})` },
  'text?': { type: 'string | null', read: (value) => `${value} as string | null` },
  maybe: { type: 'number | undefined', read: (value) => `numberIn(${value})` },
  yes: { type: 'boolean', read: (value) => `isSet(${value})` },
  list: { type: 'string[]', read: (value) => `${value} as string[]` },
  'int?': { type: 'number', read: (value) => `Number(${value} ?? 0)` },
  tabs: { type: 'string[]', read: (value) => `wordsIn(${value}, '\\t')` },
  commas: { type: 'string[]', read: (value) => `wordsIn(${value}, ',')` },
};

function sentPart({ name, kind, type, width, of }) {
  if (kind === 'one') return `${camel(name)}: ${SENT[type]}`;
  if (of) return `${camel(name)}: readonly [] | ${pascal(of)}`;
  const items =
    width === 1 ? 'readonly string[]' : `readonly (readonly [${Array(width).fill('string').join(', ')}])[]`;
  return kind === 'counted' ? `${camel(name)}: ${items}` : `...${camel(name)}: ${items}`;
}

function tuple({ word, parts }) {
  const elements = parts.map(sentPart);
  return `readonly [${(word === undefined ? elements : [`'${word}'`, ...elements]).join(', ')}]`;
}

function sizesOf(name, form) {
  const sizes = form.kinds.map((kind) => `  '${kind.word}': ${sizeOf(kind)},`);
  return [`/** How many texts each has at least. */`, `export const ${name} = {`, ...sizes, '} as const;'];
}

function unionType(name, form, summary) {
  return [
    `/** ${summary} */`,
    `export type ${name} =`,
    ...form.kinds.map((kind, i) => `  | ${tuple(kind)}${i === form.kinds.length - 1 ? ';' : ''}`),
    '',
    ...sizesOf(`${constant(name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_'))}_SIZES`, form),
  ];
}

/** Rows that follow the fixed parts of a reply, as far as it has some. */
function rowsOf(form, known) {
  const last = form.kinds[0].parts.at(-1);
  if (last.kind !== 'open') return undefined;
  const row = known.find(({ name }) => name === (last.of ?? last.name));
  return { name: camel(last.name), form: row?.name, parts: row?.kinds[0].parts };
}

function decoder(command, form, known) {
  const name = `${pascal(command)}Reply`;
  const reply = form.tag === 'lines' ? "(sent as string).split('\\n')" : 'sent as readonly unknown[]';
  const fixed = form.kinds[0].parts.filter(({ kind }) => kind === 'one');
  const rows = rowsOf(form, known);
  const fields = fixed.map((part) => `  ${camel(part.name)}: ${RECEIVED[part.type].type};`);
  const reads = fixed.map(
    (part, i) => `    ${camel(part.name)}: ${RECEIVED[part.type].read(`reply[${i}]`)},`,
  );
  const head = [`/** What ${command} replies. */`];
  if (!rows) {
    return [
      ...head,
      `export interface ${name} {`,
      ...fields,
      '}',
      '',
      `export function decode${name}(sent: unknown): ${name} {`,
      `  const reply = ${reply};`,
      `  return {`,
      ...reads,
      '  };',
      '}',
    ];
  }
  if (!rows.parts) {
    return [
      ...head,
      `export interface ${name} {`,
      ...fields,
      `  ${rows.name}: string[];`,
      '}',
      '',
      `export function decode${name}(sent: unknown): ${name} {`,
      `  const reply = ${reply};`,
      '  return {',
      ...reads,
      `    ${rows.name}: reply.slice(${fixed.length}) as string[],`,
      '  };',
      '}',
    ];
  }
  const type = pascal(rows.form);
  const list = rows.parts.at(-1).kind === 'counted';
  const step = list
    ? `${rows.parts.length} + ${itemsOf(rows.parts.at(-1), known).length} * Number(reply[n + ${rows.parts.length - 1}])`
    : rows.parts.length;
  return [
    ...head,
    `export interface ${name} {`,
    ...fields,
    `  ${rows.name}: ${type}[];`,
    '}',
    '',
    `export function decode${name}(sent: unknown): ${name} {`,
    `  const reply = ${reply};`,
    `  const ${rows.name}: ${type}[] = [];`,
    `  for (let n = ${fixed.length}; n < reply.length; n += ${step}) {`,
    `    ${rows.name}.push(read${type}(reply, n));`,
    '  }',
    '  return {',
    ...reads,
    `    ${rows.name},`,
    '  };',
    '}',
  ];
}

const itemsOf = (list, known) => known.find(({ name }) => name === list.of).kinds[0].parts;

/** Reads one by itself; its last part may be a list of those of another form. */
function formReader({ name, file, kinds: [{ parts }] }, known) {
  const list = parts.at(-1).kind === 'counted' ? parts.at(-1) : undefined;
  const single = list ? parts.slice(0, -1) : parts;
  const at = (i) => `list[n${i === 0 ? '' : ` + ${i}`}]`;
  const items = list ? camel(list.name) : '';
  const size = list ? itemsOf(list, known).length : 0;
  return [
    `/** See ${file}. */`,
    `export interface ${pascal(name)} {`,
    ...single.map((part) => `  ${camel(part.name)}: ${RECEIVED[part.type].type};`),
    ...(list ? [`  ${items}: ${pascal(list.of)}[];`] : []),
    '}',
    '',
    `export function read${pascal(name)}(list: readonly unknown[], n = 0): ${pascal(name)} {`,
    ...(list
      ? [
          `  const ${items}: ${pascal(list.of)}[] = [];`,
          `  const end = n + ${parts.length} + ${size} * Number(${at(single.length)});`,
          `  for (let at = n + ${parts.length}; at < end; at += ${size}) {`,
          `    ${items}.push(read${pascal(list.of)}(list, at));`,
          '  }',
        ]
      : []),
    '  return {',
    ...single.map((part, i) => `    ${camel(part.name)}: ${RECEIVED[part.type].read(at(i))},`),
    ...(list ? [`    ${items},`] : []),
    '  };',
    '}',
  ];
}

const OF_TEXTS = { int: 'number', 'int?': "number | ''", 'flag?': "'' | '1'" };

function textMaker({ name, file, isPacked, template: { parts, end } }) {
  const escaped = (literal) => literal.replaceAll('\\30', '\\x1e').replaceAll(SEPARATOR, SEPARATOR_TEXT);
  const fields = parts.map((part) => `${camel(part.name)}: ${OF_TEXTS[part.type] ?? 'string'}`);
  // What a packed text goes on with.
  if (isPacked) fields.push('payload: string');
  const text =
    parts.map((part) => `${escaped(part.before)}\${${camel(part.name)}}`).join('') +
    escaped(end) +
    (isPacked ? '${payload}' : '');
  return [
    `/** See ${file}. */`,
    `export function ${camel(name)}Text(${fields.join(', ')}): string {`,
    `  return \`${text}\`;`,
    '}',
  ];
}

function signTable({ name, file, signs }) {
  return [
    `/** See ${file}. */`,
    `export const ${constant(name)} = {`,
    ...[...signs].map(([sign, text]) => `  ${camel(sign)}: '${text}',`),
    '} as const;',
  ];
}

/** What follows the fixed arguments of a command, as callers give it. */
export function restType({ name, header }) {
  if (!header.rest) return 'undefined';
  return header.forms.some(isEncoded) ? `Encoded<'${name}'>` : 'readonly string[]';
}

const isEncoded = (form) =>
  form.tag === 'entry' ||
  (form.tag === 'each' && (form.kinds[0].parts.length > 1 || form.kinds[0].parts[0].kind !== 'one'));

function encoder(command, form) {
  const name = form.tag === 'entry' ? `${pascal(command)}Entry` : `${pascal(command)}${pascal(form.name)}`;
  const types =
    form.tag === 'entry'
      ? unionType(name, form, `An entry of a call of ${command}.`)
      : [`/** One of what a call of ${command} brings. */`, `export type ${name} = ${tuple(form.kinds[0])};`];
  return [
    ...types,
    '',
    `export function encode${pascal(command)}(entries: readonly ${name}[]): Encoded<'${command}'> {`,
    '  return encodeAll(entries);',
    '}',
  ];
}

const MESSAGES = [
  '',
  `export const SEPARATOR = '${SEPARATOR_TEXT}';`,
  '',
  'export function messageText(message: Message): string {',
  '  return message.join(SEPARATOR);',
  '}',
  '',
  'export function isMessage(text: string, kind: Message[0]): boolean {',
  '  return text.startsWith(`${kind}${SEPARATOR}`);',
  '}',
];

const HEAD = [
  '',
  '/** What follows the fixed arguments of a command, in the form that it reads. */',
  'export interface Encoded<Command extends string> extends ReadonlyArray<string> {',
  '  /** Types only; never set. */',
  '  readonly [OF]: Command;',
  '}',
  '',
  'declare const OF: unique symbol;',
  '',
  'type Part = string | readonly Part[];',
  '',
  '/** A list goes as how many there are, and then they. */',
  'function append(to: string[], parts: readonly Part[]): void {',
  '  for (const part of parts) {',
  "    if (typeof part === 'string') {",
  '      to.push(part);',
  '    } else {',
  '      to.push(String(part.length));',
  '      append(to, part[0] instanceof Array ? part.flat() : part);',
  '    }',
  '  }',
  '}',
  '',
  '/** What a reply says in one text. */',
  'function wordsIn(text: unknown, separator: string): string[] {',
  "  return text === '' ? [] : (text as string).split(separator);",
  '}',
  '',
  "/** '' stands for none. */",
  'function numberIn(value: unknown): number | undefined {',
  "  return value === '' ? undefined : Number(value);",
  '}',
  '',
  'function isSet(value: unknown): boolean {',
  "  return value === 1 || value === '1';",
  '}',
  '',
  'function encodeAll<Command extends string>(entries: readonly (readonly Part[])[]): Encoded<Command> {',
  '  const texts: string[] = [];',
  '  for (const entry of entries) {',
  '    append(texts, entry);',
  '  }',
  '  return texts as never;',
  '}',
];

/**
 * @param shared forms of lua/shared/ with what else they export
 * @returns the text of the file
 */
export function makeWire(note, shared, commands) {
  const lines = [note, ...HEAD];
  for (const form of shared) {
    if (form.tag === 'text') lines.push('', ...textMaker(form));
    else if (form.tag === 'sign') lines.push('', ...signTable(form));
    else if (form.tag === 'form') lines.push('', ...formReader(form, shared));
    else if (form.tag === 'kind') lines.push('', ...unionType(pascal(form.name), form, `See ${form.file}.`));
    if (form.name === 'message') lines.push(...MESSAGES);
  }
  for (const { name, header } of commands) {
    for (const form of header.forms) {
      if (isEncoded(form)) lines.push('', ...encoder(name, form));
      else if (form.tag === 'form')
        lines.push(
          '',
          ...formReader({ ...form, file: `lua/commands/${form.file}` }, [...shared, ...header.forms]),
        );
      else if (form.tag === 'returns' || form.tag === 'lines')
        lines.push('', ...decoder(name, form, [...shared, ...header.forms]));
    }
  }
  return [...lines, ''].join('\n');
}
