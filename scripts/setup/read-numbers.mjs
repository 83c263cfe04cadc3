/** Reads `--name number` pairs; names that are not in `defaults` are refused. */
export function readNumbers(args, defaults) {
  const numbers = { ...defaults };
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at].replace(/^--/, '');
    const value = Number(args[at + 1]);
    if (!(name in defaults) || !Number.isInteger(value)) {
      throw new Error(`Not understood: ${args.slice(at, at + 2).join(' ')}. Use ${usage(defaults)}.`);
    }
    numbers[name] = value;
  }
  return numbers;
}

function usage(defaults) {
  return Object.entries(defaults)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ');
}
