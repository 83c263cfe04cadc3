import { parseArgs } from 'node:util';
import { catalog, peers, variants } from '../catalog.mjs';

/** One row in about a minute: a look, not a result. */
const QUICK = { rounds: '3', scale: '0.5' };

export function parseFlags(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      rounds: { type: 'string', default: '5' },
      tests: { type: 'string', default: Object.keys(catalog).join() },
      peers: { type: 'string', default: peers.join() },
      scale: { type: 'string', default: '1' },
      quick: { type: 'string' },
      json: { type: 'string' },
      store: { type: 'boolean', default: false },
      gate: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
    },
  });
  if (values.quick !== undefined) Object.assign(values, { tests: values.quick, ...QUICK });
  return {
    rounds: positive('rounds', values.rounds),
    scale: positive('scale', values.scale),
    tests: known('tests', values.tests, Object.keys(catalog)),
    peers: known('peers', values.peers, [...peers, ...variants]),
    jsonFile: values.json,
    stores: values.store,
    gates: values.gate,
    build: !values['no-build'],
  };
}

function positive(flag, text) {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${flag} wants a number above 0, not "${text}"`);
  return number;
}

function known(flag, text, names) {
  const wanted = text.split(',').filter(Boolean);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0 || wanted.length === 0)
    throw new Error(`--${flag} knows ${names.join(', ')}; not "${unknown.join()}"`);
  return wanted;
}
