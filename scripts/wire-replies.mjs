// The TypeScript side of what scripts reply and store: types of replies, of forms in them and of texts, and what reads them.
import { sizeOf } from './wire-forms.mjs';

export const camel = (name) => name.replaceAll(/[-_](.)/g, (_, letter) => letter.toUpperCase());
export const pascal = (name) => camel(`-${name}`);

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

/** How a part is typed, and read from the text of an expression. */
function received({ type, list }, known) {
  if (!list) return RECEIVED[type];
  const name = pascal(list.form);
  const form = formCalled(list.form, known);
  if (list.hasRows) {
    return { type: `${name}[]`, read: (value) => `rowsIn(${value}, ${sizeOf(form.kinds[0])}, read${name})` };
  }
  const read = (value) => `read${name}(${value} as readonly unknown[])`;
  return list.isMaybe
    ? {
        type: `${name} | undefined`,
        read: (value) => `(${value} as readonly unknown[]).length === 0 ? undefined : ${read(value)}`,
      }
    : { type: name, read };
}

function formCalled(name, known) {
  const form = known.find((each) => each.name === name && each.tag === 'form');
  if (!form) throw new Error(`there is no form ${name}`);
  return form;
}

/** Rows that are left behind the fixed parts of a reply: texts, lists with a form each, or those of a form one behind the other. */
function rowsOf(last, fixed, known) {
  const name = camel(last.name);
  const rest = fixed === 0 ? 'reply' : `reply.slice(${fixed})`;
  if (last.list) {
    const { type, read } = received(last, known);
    return { name, type: `${type}[]`, value: `${rest}.map((row) => ${read('row')})` };
  }
  if (RECEIVED[last.of]) {
    const { type, read } = RECEIVED[last.of];
    return { name, type: `${type}[]`, value: `${rest}.map((row) => ${read('row')})` };
  }
  const form =
    last.of === undefined
      ? known.find((each) => each.name === last.name && each.tag === 'form')
      : formCalled(last.of, known);
  return form
    ? { name, type: `${pascal(form.name)}[]`, value: name, before: loopOver(name, form, fixed, known) }
    : { name, type: 'string[]', value: `${rest} as string[]` };
}

function loopOver(name, { name: of, kinds: [{ parts }] }, from, known) {
  const list = parts.at(-1).kind === 'counted' ? parts.at(-1) : undefined;
  const step = list
    ? `${parts.length} + ${itemsOf(list, known).length} * Number(reply[n + ${parts.length - 1}])`
    : parts.length;
  return [
    `  const ${name}: ${pascal(of)}[] = [];`,
    `  for (let n = ${from}; n < reply.length; n += ${step}) {`,
    `    ${name}.push(read${pascal(of)}(reply, n));`,
    '  }',
  ];
}

export function decoder(command, form, known) {
  const name = `${pascal(command)}Reply`;
  if (form.tag === 'says') return wordDecoder(name, command, form.kinds);
  const reply = form.tag === 'lines' ? "(sent as string).split('\\n')" : 'sent as readonly unknown[]';
  const [{ parts }] = form.kinds;
  const fixed = parts
    .filter(({ kind }) => kind === 'one')
    .map((part) => ({ ...part, ...received(part, known) }));
  const rows = parts.at(-1).kind === 'open' ? rowsOf(parts.at(-1), fixed.length, known) : undefined;
  return [
    `/** What ${command} replies. */`,
    `export interface ${name} {`,
    ...fixed.map((part) => `  ${camel(part.name)}: ${part.type};`),
    ...(rows ? [`  ${rows.name}: ${rows.type};`] : []),
    '}',
    '',
    `export function decode${name}(sent: unknown): ${name} {`,
    `  const reply = ${reply};`,
    ...(rows?.before ?? []),
    '  return {',
    ...fixed.map((part, i) => `    ${camel(part.name)}: ${part.read(`reply[${i}]`)},`),
    ...(rows ? [rows.value === rows.name ? `    ${rows.name},` : `    ${rows.name}: ${rows.value},`] : []),
    '  };',
    '}',
  ];
}

/** A reply that is one text: a word, and parts behind some of the words. */
function wordDecoder(name, command, kinds) {
  const plain = kinds.filter(({ parts }) => parts.length === 0);
  const long = kinds.filter(({ parts }) => parts.length > 0);
  const fields = ({ word, parts }) =>
    [`word: '${word}'`, ...parts.map((part) => `${camel(part.name)}: ${RECEIVED[part.type].type}`)].join(
      '; ',
    );
  const types = [
    ...(plain.length > 0 ? [`{ word: ${plain.map(({ word }) => `'${word}'`).join(' | ')} }`] : []),
    ...long.map((kind) => `{ ${fields(kind)} }`),
  ];
  return [
    `/** What ${command} replies. */`,
    `export type ${name} =`,
    ...types.map((type, i) => `  | ${type}${i === types.length - 1 ? ';' : ''}`),
    '',
    `export function decode${name}(sent: unknown): ${name} {`,
    '  const text = sent as string;',
    '  const word = lineOf(text, 0, false);',
    '  switch (word) {',
    ...long.flatMap(({ word, parts }) => [
      `    case '${word}':`,
      '      return {',
      '        word,',
      ...parts.map((part, i) => {
        const line = `lineOf(text, ${i + 1}, ${i === parts.length - 1})`;
        return `        ${camel(part.name)}: ${RECEIVED[part.type].read(line).replace(/ as string$/, '')},`;
      }),
      '      };',
    ]),
    '    default:',
    `      return { word } as ${name};`,
    '  }',
    '}',
  ];
}

const itemsOf = (list, known) => known.find(({ name }) => name === list.of).kinds[0].parts;

/** Reads one by itself; its last part may be a list of those of another form. */
export function formReader({ name, file, kinds: [{ parts }] }, known) {
  const list = parts.at(-1).kind === 'counted' ? parts.at(-1) : undefined;
  const single = (list ? parts.slice(0, -1) : parts).map((part) => ({ ...part, ...received(part, known) }));
  const at = (i) => `list[n${i === 0 ? '' : ` + ${i}`}]`;
  const items = list ? camel(list.name) : '';
  const size = list ? itemsOf(list, known).length : 0;
  return [
    `/** See ${file}. */`,
    `export interface ${pascal(name)} {`,
    ...single.map((part) => `  ${camel(part.name)}: ${part.type};`),
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
    ...single.map((part, i) => `    ${camel(part.name)}: ${part.read(at(i))},`),
    ...(list ? [`    ${items},`] : []),
    '  };',
    '}',
  ];
}

/** Parts of stored texts as a regular expression finds them, and as callers get them. */
const OF_A_TEXT = {
  int: { pattern: '\\d+', type: 'number', read: (value) => `Number(${value})` },
  'int?': { pattern: '\\d*', type: 'number | undefined', read: (value) => `numberIn(${value})` },
  letter: { pattern: '[A-Za-z]', type: 'string', read: (value) => `${value} as string` },
  any: { pattern: '[^]+', type: 'string', read: (value) => `${value} as string` },
  column: { pattern: '[^\\t]*', type: 'string', read: (value) => `${value} as string` },
};

/** Reads a text that Redis keeps; undefined for what is no such text. */
export function textReader({ name, file, template: { parts, end, isOpen } }) {
  const typed = parts.map((part) => {
    const of = OF_A_TEXT[part.type];
    if (!of) throw new Error(`${file}: ${part.type} is no type of a part that is read from a stored text`);
    return { ...part, ...of };
  });
  const pattern = typed.map(({ before, pattern: text }) => `${before}(${text})`).join('') + end;
  return [
    `/** See ${file}. */`,
    `export interface ${pascal(name)} {`,
    ...typed.map((part) => `  ${camel(part.name)}: ${part.type};`),
    ...(isOpen ? ['  /** What follows. */', '  rest: string;'] : []),
    '}',
    '',
    `const ${name.toUpperCase()} = /^${pattern}${isOpen ? '([^]*)' : ''}$/;`,
    '',
    `export function read${pascal(name)}(text: string): ${pascal(name)} | undefined {`,
    `  const found = ${name.toUpperCase()}.exec(text);`,
    '  return found',
    '    ? {',
    ...typed.map((part, i) => `        ${camel(part.name)}: ${part.read(`found[${i + 1}]`)},`),
    ...(isOpen ? [`        rest: found[${typed.length + 1}] as string,`] : []),
    '      }',
    '    : undefined;',
    '}',
  ];
}
