// What the headers of Lua say of texts and lists with several parts, their forms, and how the names of parts become their places.
// The notation is described in lua/README.md, "Forms".

const words = (text) => text.trim().split(/\s+/).filter(Boolean);

const TYPES = new Set(['text', 'int', 'int?', 'flag', 'list', 'tabs', 'commas', 'text?', 'maybe', 'yes']);

/** Between the parts of messages; it does not occur in user data, where control characters are escaped or refused. */
export const SEPARATOR = '\\31';

/** `at` an entry of a call begins in ARGV. */
const IN_A_CALL = { list: 'ARGV', base: 'at' };

/** How Lua finds a part of a text. */
const PATTERNS = {
  int: '%d+',
  'int?': '%d*',
  'flag?': '1?',
  letter: '%a',
  'letter?': '%a?',
  hexes: '[%x%.]*',
  'letters?': '%a*',
  name: '[^%c]+',
  any: '.+',
  column: '[^\\t]*',
};

/** Literal texts and parts in turn, as `{delay:int?},{front:flag?}{*}` has them. */
function readTemplate(where, template) {
  const isOpen = template.endsWith('{*}');
  const pieces = (isOpen ? template.slice(0, -3) : template).split(/\{(\w+):([^}]+)\}/);
  const parts = [];
  for (let i = 1; i < pieces.length; i += 3) {
    const [name, type] = [pieces[i], pieces[i + 1]];
    const pattern = PATTERNS[type] ?? (/^\[.*\]\+?$/.test(type) ? type : undefined);
    if (pattern === undefined) throw new Error(`${where}: ${type} is no type of a part of a text`);
    parts.push({ name, type, pattern, before: pieces[i - 1] });
  }
  return { parts, end: pieces.at(-1), isOpen };
}

/**
 * Patterns of a text: `.pattern` finds all parts, and what is left where it is open; `.head` finds where that begins instead; the
 * name of a part finds that one. `.format` writes it, its numbers as numbers and all else as texts; `.parts` are their names.
 */
const inFormat = (literal) => literal.replaceAll('%', '%%');

function patternsOf({ parts, end, isOpen }) {
  const escaped = (literal) => literal.replaceAll(/[-^$()%.[\]*+?]/g, '%$&');
  const make = (captures) =>
    `'^${parts.map(({ name, pattern, before }) => escaped(before) + (captures(name) ? `(${pattern})` : pattern)).join('')}${escaped(end)}`;
  const places = new Map(
    parts.map(({ name }) => [name, `${make((each) => each === name)}${isOpen ? '' : '$'}'`]),
  );
  if (isOpen) places.set('head', `${make(() => true)}()'`);
  const format = parts
    .map(({ type, before }) => inFormat(before) + (type === 'int' ? '%.0f' : '%s'))
    .join('');
  places.set('format', `'${format}${inFormat(end)}'`);
  places.set('parts', `{ ${parts.map(({ name }) => `'${name}'`).join(', ')} }`);
  return places.set('pattern', `${make(() => true)}${isOpen ? '(.*)' : ''}$'`);
}

/** What follows the name of a form besides its parts. */
const OF_A_KIND = ['all', 'last', 'names', 'size'];

/** What the name of a form stands for that has several kinds. */
const OF_ALL_KINDS = ['sizes', 'longest', 'separator'];

function readPart(where, word) {
  const own = /^(\w+):\[(\w+)(\*?)\](\?|\*)?$/.exec(word);
  if (own) {
    const [, name, form, rows, mark] = own;
    const list = { form, hasRows: rows === '*', isMaybe: mark === '?' };
    return { name, kind: mark === '*' ? 'open' : 'one', list };
  }
  const list = /^([\w-]+)(?::(?:(\d+)|([\w-]+)))?(\.\.\.|\*)$/.exec(word);
  if (list) {
    const [, name, width = '1', of, mark] = list;
    return { name, kind: mark === '*' ? 'open' : 'counted', width: Number(width), of };
  }
  const [name, type = 'text'] = word.split(':');
  if (!/^\w+$/.test(name) || !TYPES.has(type)) throw new Error(`${where}: ${word} is no part of a form`);
  return { name, kind: 'one', type };
}

function readParts(where, texts) {
  const parts = texts.map((word) => readPart(where, word));
  const names = parts.map(({ name }) => name);
  const reserved = names.find((name) => OF_A_KIND.includes(name));
  if (reserved) throw new Error(`${where}: ${reserved} stands for something else, and is no name of a part`);
  if (new Set(names).size < names.length) throw new Error(`${where}: a part is there twice`);
  if (parts.slice(0, -1).some(({ kind }) => kind === 'open')) {
    throw new Error(`${where}: nothing can follow an open list`);
  }
  return parts;
}

const luaName = (kind) => kind.replaceAll('-', '_');

/** Where a list begins, and where an entry of it does: `reply[n]`, `way[]`. */
function readHome(where, text) {
  const home = /^(\w+)\[(\w*)\]$/.exec(text);
  if (!home) throw new Error(`${where}: say in which list it is, as in reply[n]`);
  return { list: home[1], base: home[2] };
}

/** What a reply is that has no parts. */
const VALUES = new Set(['int', 'text', 'list']);

/** Parts of a reply follow its word a line each; the last may have several lines. */
const wordOf = (word, parts) => ({
  name: 'reply',
  tag: 'says',
  isUnion: true,
  separator: '\\n',
  home: { list: 'said', base: '' },
  kinds: [{ word, parts }],
});

/**
 * Reads one tag of a header into the forms of its file.
 * @returns whether it is one about forms
 */
export function readForm(forms, where, tag, text) {
  const at = `${where}: @${tag} ${text}`;
  const [name, ...rest] = words(text.replace(/ -- .*/, ''));
  const add = (form) => {
    const same = forms.find((known) => known.name === form.name);
    if (same && !(same.isUnion && form.isUnion)) throw new Error(`${at}: there is one of that name`);
    if (same) same.kinds.push(...form.kinds);
    else forms.push({ ...form, file: where });
  };
  if (tag === 'entry') {
    add({
      name: 'entry',
      tag,
      isUnion: true,
      home: IN_A_CALL,
      kinds: [{ word: name, parts: readParts(at, rest) }],
    });
  } else if (tag === 'each') {
    add({ name, tag, home: { ...IN_A_CALL, offset: 0 }, kinds: [{ parts: readParts(at, rest) }] });
  } else if (tag === 'returns') {
    const parts = readParts(at, [name, ...rest]);
    add({ name: 'reply', tag, home: { list: 'reply', base: '' }, kinds: [{ parts }] });
  } else if (tag === 'lines') {
    add({
      name: 'lines',
      tag,
      home: { list: 'lines', base: '' },
      kinds: [{ parts: readParts(at, [name, ...rest]) }],
    });
  } else if (tag === 'text' || tag === 'stored' || tag === 'inner') {
    const template = readTemplate(at, rest.join(' '));
    add({ name, tag: 'text', isStored: tag === 'stored', isInner: tag === 'inner', template });
  } else if (tag === 'packed') {
    add({ name, tag: 'text', isPacked: true, template: readTemplate(at, rest.join(SEPARATOR)) });
  } else if (tag === 'value') {
    if (!VALUES.has(name) || rest.length > 0)
      throw new Error(`${at}: a reply is one of ${[...VALUES].join(', ')}`);
    add({ name: 'reply', tag, type: name });
  } else if (tag === 'word') {
    for (const word of [name, ...rest]) add(wordOf(word, []));
  } else if (tag === 'says') {
    add(wordOf(name, readParts(at, rest)));
  } else if (tag === 'sign') {
    add({ name, tag, signs: new Map(rest.map((word) => /^(\w+)=(.+)$/.exec(word).slice(1))) });
  } else if (tag === 'form') {
    const [home, ...parts] = rest;
    add({ name, tag, home: readHome(at, home), kinds: [{ parts: readParts(at, parts) }] });
  } else if (tag === 'kind') {
    const [home, word, ...parts] = rest;
    add({
      name,
      tag,
      isUnion: true,
      home: readHome(at, home),
      kinds: [{ word, parts: readParts(at, parts) }],
    });
  } else {
    return false;
  }
  return true;
}

/** How many texts a form has at least, the word of its kind and the counts of its lists included. */
export function sizeOf({ word, parts }) {
  return (word === undefined ? 0 : 1) + parts.filter(({ kind }) => kind !== 'open').length;
}

function placesOf(form, kind) {
  const { list, base, offset = 1 } = form.home;
  const index = (i) => (base === '' ? String(i) : i === 0 ? base : `${base} + ${i}`);
  const places = new Map();
  const fixed = [];
  let next = offset + (kind.word === undefined ? 0 : form.tag === 'entry' ? 0 : 1);
  for (const part of kind.parts) {
    if (part.kind === 'one') {
      places.set(part.name, `${list}[${index(next)}]`);
      fixed.push(places.get(part.name));
      next += 1;
    } else {
      if (part.kind === 'counted') {
        places.set(`${part.name}_count`, `${list}[${index(next)}]`);
        next += 1;
      }
      places.set(part.name, index(next));
      // What follows a list is nowhere in particular.
      break;
    }
  }
  places.set(
    'names',
    `{ ${kind.parts
      .filter((part) => part.kind === 'one')
      .map(({ name }) => `'${name}'`)
      .join(', ')} }`,
  );
  places.set('all', fixed.join(', '));
  places.set('last', `${list}[${index(next - 1)}]`);
  places.set('size', String(sizeOf(kind)));
  return places;
}

function tableOf(kinds) {
  const fields = kinds.map((kind) => {
    const key = /^\w+$/.test(kind.word) ? kind.word : `['${kind.word}']`;
    return `${key} = ${sizeOf(kind)}`;
  });
  return `{ ${fields.join(', ')} }`;
}

/** The names that stand for places: of forms and of the kinds of those that have some. */
function namesOf(forms, all) {
  const names = new Map();
  const longestOf = (form) => Math.max(...form.kinds.map((kind) => sizeOf(kind) + longestList(kind)));
  const longestList = ({ parts }) => {
    const of = parts.at(-1)?.of;
    return of ? longestOf(all.find((form) => form.name === of)) : 0;
  };
  const add = (name, places) => {
    if (names.has(name)) throw new Error(`two forms are called ${name}`);
    names.set(name, places);
  };
  for (const form of forms) {
    if (form.tag === 'text') {
      add(form.name, patternsOf(form.template));
    } else if (form.tag === 'sign') {
      add(form.name, new Map([...form.signs].map(([name, sign]) => [name, `'${sign}'`])));
    } else if (form.tag === 'value' || form.tag === 'says') {
      continue;
    } else if (form.isUnion) {
      const longest = String(longestOf(form));
      const ofAll = [tableOf(form.kinds), longest, `'${SEPARATOR}'`];
      add(form.name, new Map(OF_ALL_KINDS.map((word, n) => [word, ofAll[n]])));
      for (const kind of form.kinds) add(luaName(kind.word), placesOf(form, kind));
    } else {
      add(form.name, placesOf(form, form.kinds[0]));
    }
  }
  return names;
}

/**
 * Puts places where a text has the names of parts: `complete.result` is `ARGV[at + 3]`. It costs nothing when it runs.
 * @param forms that the text may name
 * @param all those that lists of them may consist of
 */
export function expandForms(file, lua, forms, all) {
  if (forms.length === 0) return lua;
  const names = namesOf(forms, all);
  const packed = packMessages(file, lua, forms);
  if (names.size === 0) return packed;
  const alternatives = [...names.keys()].join('|');
  const declared = new RegExp(
    `\\blocal (?:\\w+, )*(${alternatives})\\b(?!\\.)|\\bfunction[^(]*\\([^)]*\\b(${alternatives})\\b`,
  );
  const hidden = declared.exec(lua);
  // These are the lists themselves as well.
  if (hidden && !['reply', 'lines'].includes(hidden[1] ?? hidden[2])) {
    throw new Error(`${file}: ${hidden[1] ?? hidden[2]} is a form, and no name of a local`);
  }
  return packed.replaceAll(new RegExp(`(?<![\\w.:'])(${alternatives})\\.(\\w+)`, 'g'), (_, name, part) => {
    const place = names.get(name).get(part);
    if (place === undefined) throw new Error(`${file}: ${name} has no ${part}`);
    return place;
  });
}

/** Where the arguments of a call end, and how many they are. */
function argumentsFrom(lua, start) {
  let [depth, count, at] = [1, lua[start] === ')' ? 0 : 1, start];
  for (; depth > 0; at += 1) {
    if ('({'.includes(lua[at])) depth += 1;
    else if (')}'.includes(lua[at])) depth -= 1;
    else if (lua[at] === ',' && depth === 1) count += 1;
  }
  return { end: at - 1, count };
}

/** `settle.text(parent, …)` is the text of a message of that kind. */
function packMessages(file, lua, forms) {
  const kinds = forms
    .filter(({ isUnion }) => isUnion)
    .flatMap(({ separator = SEPARATOR, kinds: own }) => own.map((kind) => ({ ...kind, separator })));
  let text = lua;
  for (const kind of kinds) {
    const open = `${luaName(kind.word)}.text(`;
    for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, at + 1)) {
      if (/[\w.]/.test(text[at - 1])) continue;
      const { end, count } = argumentsFrom(text, at + open.length);
      if (count !== kind.parts.length)
        throw new Error(`${file}: ${kind.word} has ${kind.parts.length} parts, not ${count}`);
      const parts = text.slice(at + open.length, end);
      text = `${text.slice(0, at)}table.concat({ '${kind.word}', ${parts} }, '${kind.separator}')${text.slice(end + 1)}`;
    }
  }
  return text;
}
