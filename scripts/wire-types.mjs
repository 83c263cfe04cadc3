// The TypeScript side of the forms of lua/: types of entries and replies, and what encodes and decodes them.
import { SEPARATOR, sizeOf } from './wire-forms.mjs';
import { camel, decoder, formReader, pascal, textReader } from './wire-replies.mjs';

const constant = (name) => name.replaceAll('-', '_').toUpperCase();

const SENT = { text: 'string', int: 'string', flag: "'' | '1'" };
const SEPARATOR_TEXT = SEPARATOR.replace('\\31', '\\x1f');
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

const hasParts = ({ parts }) => parts.length > 0;

const hasDecoder = (form) =>
  form.tag === 'returns' || form.tag === 'lines' || (form.tag === 'says' && form.kinds.some(hasParts));

const VALUES = { int: 'number', text: 'string', list: 'string[]' };

/** What a command replies, as callers get it: what has parts goes through its decoder. */
export function replyType({ file, header }) {
  const form = header.forms.find(({ name }) => name === 'reply' || name === 'lines');
  if (!form)
    throw new Error(
      `${file}: the header needs a form of the reply: @returns, @lines, @word, @says or @value`,
    );
  if (form.tag === 'value') return VALUES[form.type];
  return hasDecoder(form) ? 'unknown' : form.kinds.map(({ word }) => `'${word}'`).join(' | ');
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
  '/** Rows in a list of their own, one behind the other. */',
  'function rowsIn<Row>(list: unknown, size: number, read: (list: readonly unknown[], n: number) => Row): Row[] {',
  '  const rows: Row[] = [];',
  '  for (let n = 0; n < (list as readonly unknown[]).length; n += size) {',
  '    rows.push(read(list as readonly unknown[], n));',
  '  }',
  '  return rows;',
  '}',
  '',
  '/** A word and the parts behind it, a line each. The last one has what is left, lines or not. */',
  'function lineOf(text: string, n: number, isLast: boolean): string {',
  '  let at = 0;',
  '  for (let line = 0; line < n && at >= 0; line += 1) {',
  "    at = text.indexOf('\\n', at) + 1 || -1;",
  '  }',
  "  const end = isLast ? -1 : text.indexOf('\\n', at);",
  "  return at < 0 ? '' : text.slice(at, end < 0 ? undefined : end);",
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
    if (form.tag === 'text' && !form.isInner) lines.push('', ...textMaker(form));
    if (form.isStored) lines.push('', ...textReader(form));
    else if (form.tag === 'sign') lines.push('', ...signTable(form));
    else if (form.tag === 'form') lines.push('', ...formReader(form, shared));
    else if (form.tag === 'kind') lines.push('', ...unionType(pascal(form.name), form, `See ${form.file}.`));
    if (form.name === 'message') lines.push(...MESSAGES);
  }
  for (const { name, header } of commands) {
    for (const form of header.forms) {
      if (form.tag === 'text') lines.push('', ...textMaker({ ...form, file: `lua/commands/${form.file}` }));
      else if (isEncoded(form)) lines.push('', ...encoder(name, form));
      else if (form.tag === 'form')
        lines.push(
          '',
          ...formReader({ ...form, file: `lua/commands/${form.file}` }, [...shared, ...header.forms]),
        );
      else if (hasDecoder(form)) lines.push('', ...decoder(name, form, [...shared, ...header.forms]));
    }
  }
  return [...lines, ''].join('\n');
}
