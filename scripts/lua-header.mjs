// Reads the header of a file of lua/commands/. The grammar is described in lua/README.md, "Headers".
import { readForm } from './wire-forms.mjs';

const words = (text) => text.trim().split(/\s+/).filter(Boolean);

// Sets of functions that a script makes when it first needs one of them, by the tag that lists their parts and the function that makes them.
export const LAZY = ['rare', 'grouped'];

// How Lua reads an argument of a type; one that this makes nil is refused before the body begins.
export const ARG_TYPES = {
  int: { lua: (text) => `whole(${text})`, ts: 'number', isNumber: true },
  position: { lua: (text) => `tonumber(${text})`, ts: 'number', isNumber: true },
  text: { lua: (text) => text, ts: 'string' },
};

export function readHeader(file, source) {
  const header = {
    keys: [],
    derives: [],
    seldom: [],
    args: [],
    uses: [],
    ...Object.fromEntries(LAZY.map((set) => [set, []])),
    forms: [],
    with: [],
    rest: false,
    reply: false,
    summary: '',
  };
  for (const line of source.split('\n')) {
    if (!line.startsWith('--')) break;
    if (line.startsWith('---')) header.summary = line.slice(3).trim();
    const tag = /^-- @(\w+)\s*(.*)$/.exec(line);
    if (!tag) continue;
    const [, name, text] = tag;
    if (name === 'key') header.keys.push(...words(text));
    else if (name === 'seldom') header.seldom.push(...words(text));
    else if (name === 'derives') header.derives.push(...words(text));
    else if (name === 'use') header.uses.push(...words(text));
    else if (LAZY.includes(name)) header[name].push(...words(text));
    else if (name === 'rest') header.rest = true;
    else if (name === 'with') header.with.push(...words(text));
    else if (readForm(header.forms, file, name, text)) {
      header.rest ||= name === 'entry' || name === 'each';
      header.reply ||= name === 'word' || name === 'says';
    } else if (name === 'reply') header.reply = true;
    else if (name === 'arg') {
      const [arg, type] = words(text);
      if (!ARG_TYPES[type])
        throw new Error(`${file}: argument ${arg} is none of ${Object.keys(ARG_TYPES).join(', ')}`);
      header.args.push({ name: arg, type });
    } else if (name !== 'cost') throw new Error(`${file}: unknown tag @${name}`);
  }
  if (header.keys[0] !== 'meta')
    throw new Error(`${file}: the first key must be meta, other keys derive from it`);
  if (!header.summary || !header.reply) throw new Error(`${file}: the header needs a sentence and an @reply`);
  return header;
}
