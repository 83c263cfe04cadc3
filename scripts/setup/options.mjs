import { parseArgs } from 'node:util';

/**
 * Reads the options of a script. `--help` prints what there are; one that there is not is refused in a line that names them.
 * @param usage how it is called: the first line of the help
 * @param options by name: `about`, and one of `flag: true`, `number` (its default) and `text` (its default, '' for none)
 * @param positionals what may stand without a name, '' for nothing
 * @returns values by name, and `positionals`; undefined where help was asked for
 */
export function readOptions(args, usage, options, positionals = '') {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(helpText(usage, options));
    return undefined;
  }
  const config = Object.entries(options).map(([name, { flag }]) => [
    name,
    { type: flag ? 'boolean' : 'string' },
  ]);
  const { tokens } = parseArgs({
    args,
    options: Object.fromEntries(config),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = { ...defaultsOf(options), positionals: [] };
  for (const { kind, name, rawName, value } of tokens) {
    if (kind === 'positional') values.positionals.push(value);
    else if (kind === 'option') values[name] = valueOf(rawName, value, options[name], options);
  }
  if (values.positionals.length > 0 && positionals === '') {
    throw new Error(`Not understood: ${values.positionals[0]}. There are ${namesOf(options)}.`);
  }
  return values;
}

function valueOf(rawName, value, option, options) {
  if (!option) throw new Error(`There is no option ${rawName}; there are ${namesOf(options)}.`);
  if (option.flag) {
    if (value !== undefined) throw new Error(`${rawName} takes no value, not ${value}.`);
    return true;
  }
  if (value === undefined) throw new Error(`${rawName} wants a value: ${option.about}.`);
  if (option.number === undefined) return value;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0)
    throw new Error(`${rawName} wants a whole number, not ${value}.`);
  return number;
}

function defaultsOf(options) {
  const given = Object.entries(options).map(([name, { flag, number, text }]) => [
    name,
    flag ? false : (number ?? (text || undefined)),
  ]);
  return Object.fromEntries(given);
}

const namesOf = (options) => [...Object.keys(options), 'help'].map((name) => `--${name}`).join(', ');

function helpText(usage, options) {
  const lines = Object.entries(options).map(([name, { flag, about, number, text }]) => {
    const value = flag ? '' : number === undefined ? ' TEXT' : ' N';
    const preset = flag || number === 0 || !(number ?? text) ? '' : ` (default ${number ?? text})`;
    return [`--${name}${value}`, `${about}${preset}`];
  });
  const width = Math.max(...lines.map(([name]) => name.length));
  return [usage, '', ...lines.map(([name, about]) => `  ${name.padEnd(width)}  ${about}`)].join('\n');
}
