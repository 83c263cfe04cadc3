import { expect, it, jest } from '@jest/globals';

const OPTIONS = '../../scripts/setup/options.mjs';
const { readOptions } = (await import(OPTIONS)) as {
  readOptions: (args: string[], usage: string, options: object, positionals?: string) => object | undefined;
};

const KNOWN = {
  short: { flag: true, about: 'a few' },
  seed: { number: 1, about: 'the first seed' },
  only: { text: '', about: 'those with this text' },
};

const read = (...args: string[]): object | undefined => readOptions(args, 'npm run it', KNOWN);

it('options have their defaults, and take what is given', () => {
  expect(read()).toEqual({ short: false, seed: 1, only: undefined, positionals: [] });
  expect(read('--short', '--seed', '7', '--only=a b')).toEqual({
    ...{ short: true, seed: 7, only: 'a b', positionals: [] },
  });
  expect(readOptions(['row', '--short', 'other'], '', KNOWN, 'rows')).toMatchObject({
    ...{ short: true, positionals: ['row', 'other'] },
  });
});

it.each([
  [['--sead', '7'], 'There is no option --sead; there are --short, --seed, --only, --help.'],
  [['-x'], 'There is no option -x; there are'],
  [['--seed', 'x'], '--seed wants a whole number, not x.'],
  [['--seed'], '--seed wants a value: the first seed.'],
  [['--short=1'], '--short takes no value, not 1.'],
  [['row'], 'Not understood: row. There are --short, --seed, --only, --help.'],
])('%j is refused in one line', (args, message) => {
  expect(() => read(...args)).toThrow(message);
});

it('help has a line for each option', () => {
  const log = jest.spyOn(console, 'log').mockImplementation(() => {});

  expect(read('--seed', 'x', '--help')).toBeUndefined();
  expect(log.mock.calls).toEqual([
    [
      [
        'npm run it',
        '',
        '  --short      a few',
        '  --seed N     the first seed (default 1)',
        '  --only TEXT  those with this text',
      ].join('\n'),
    ],
  ]);
  log.mockRestore();
});
