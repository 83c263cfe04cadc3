// The TypeScript side of the forms of lua/: types of entries and replies, and what encodes and decodes them.
import { sizeOf } from './wire-forms.mjs';

const camel = (name) => name.replaceAll(/[-_](.)/g, (_, letter) => letter.toUpperCase());
const pascal = (name) => camel(`-${name}`);
const constant = (name) => name.replaceAll('-', '_').toUpperCase();

const SENT = { text: 'string', int: 'string', flag: "'' | '1'" };
const RECEIVED = {
  text: { type: 'string', read: (value) => `${value} as string` },
  int: { type: 'number', read: (value) => `Number(${value})` },
  list: { type: 'string[]', read: (value) => `${value} as string[]` },
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
  const row = known.find(({ name }) => name === last.name);
  return { name: camel(last.name), parts: row?.kinds[0].parts };
}

function decoder(command, form, known) {
  const name = `${pascal(command)}Reply`;
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
      '  const reply = sent as readonly unknown[];',
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
      '  const reply = sent as readonly unknown[];',
      '  return {',
      ...reads,
      `    ${rows.name}: reply.slice(${fixed.length}) as string[],`,
      '  };',
      '}',
    ];
  }
  const params = rows.parts.map((part) => `${camel(part.name)}: ${RECEIVED[part.type].type}`).join(', ');
  const values = rows.parts
    .map((part, i) => RECEIVED[part.type].read(`reply[n${i === 0 ? '' : ` + ${i}`}]`))
    .join(', ');
  return [
    ...head,
    `export interface ${name}<Row> {`,
    ...fields,
    `  ${rows.name}: Row[];`,
    '}',
    '',
    `export function decode${name}<Row>(`,
    '  sent: unknown,',
    `  row: (${params}) => Row,`,
    `): ${name}<Row> {`,
    '  const reply = sent as readonly unknown[];',
    `  const ${rows.name}: Row[] = [];`,
    `  for (let n = ${fixed.length}; n < reply.length; n += ${rows.parts.length}) {`,
    `    ${rows.name}.push(row(${values}));`,
    '  }',
    '  return {',
    ...reads,
    `    ${rows.name},`,
    '  };',
    '}',
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
    if (form.tag === 'kind') lines.push('', ...unionType(pascal(form.name), form, `See ${form.file}.`));
  }
  for (const { name, header } of commands) {
    for (const form of header.forms) {
      if (isEncoded(form)) lines.push('', ...encoder(name, form));
      else if (form.tag === 'returns') lines.push('', ...decoder(name, form, [...shared, ...header.forms]));
    }
  }
  return [...lines, ''].join('\n');
}
