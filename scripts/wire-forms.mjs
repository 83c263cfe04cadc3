// What the headers of Lua say of texts and lists with several parts, their forms, and how the names of parts become their places.
// The notation is described in lua/README.md, "Forms".

const words = (text) => text.trim().split(/\s+/).filter(Boolean);

const TYPES = new Set(['text', 'int', 'flag', 'list']);

/** `at` an entry of a call begins in ARGV. */
const IN_A_CALL = { list: 'ARGV', base: 'at' };

/** The word that lists all kinds, and what it stands for. */
const OF_ALL_KINDS = ['sizes', 'longest'];

function readPart(where, word) {
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
    if (form.isUnion) {
      const longest = String(longestOf(form));
      add(
        form.name,
        new Map([
          [OF_ALL_KINDS[0], tableOf(form.kinds)],
          [OF_ALL_KINDS[1], longest],
        ]),
      );
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
  const alternatives = [...names.keys()].join('|');
  const declared = new RegExp(
    `\\blocal (?:\\w+, )*(${alternatives})\\b(?!\\.)|\\bfunction[^(]*\\([^)]*\\b(${alternatives})\\b`,
  );
  const hidden = declared.exec(lua);
  // `reply` is the list itself as well.
  if (hidden && (hidden[1] ?? hidden[2]) !== 'reply') {
    throw new Error(`${file}: ${hidden[1] ?? hidden[2]} is a form, and no name of a local`);
  }
  return lua.replaceAll(new RegExp(`(?<![\\w.:'])(${alternatives})\\.(\\w+)`, 'g'), (_, name, part) => {
    const place = names.get(name).get(part);
    if (place === undefined) throw new Error(`${file}: ${name} has no ${part}`);
    return place;
  });
}
