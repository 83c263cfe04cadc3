import { BODY, HERE, message, OTHER } from './flow-call.js';
import { SEED_TIME, type Seed } from './seed-queue.js';
import type { ScriptName } from '../simulation/simulated-scripts.js';

/** One call of a script as it goes over the wire: all texts. */
export interface ValidCall {
  args: readonly string[];
  rest: readonly string[];
  /** Whether the queue has to be paused. */
  paused?: true;
}

const NOW = String(SEED_TIME + 60_000);
const LANE = ['odd', '2'] as const;

/** A queue with something for each of the calls below to do. */
export const BUSY_SEED: Seed = {
  limiter: { count: 1, until: SEED_TIME + 90_000 },
  jobs: [
    { id: '1' },
    { id: '2', priority: 3, state: 'prioritized' },
    { id: '3', state: 'delayed', due: SEED_TIME + 1000 },
    { id: '4', state: 'delayed', due: SEED_TIME + 900_000 },
    { id: '5', state: 'active', lockUntil: SEED_TIME + 90_000, logs: ['a', 'b', 'c'] },
    {
      id: '6',
      state: 'active',
      lockUntil: SEED_TIME + 90_000,
      fields: { step: 'pay', 'step:pay': `0,0,a,1,${SEED_TIME},`, 'last:pay': '1' },
    },
    { id: '7', state: 'active', lockUntil: SEED_TIME + 10 },
    { id: '8', state: 'completed' },
    { id: '9', state: 'completed' },
    { id: '10', state: 'failed', fields: { parent: `f${OTHER}\tabove` } },
    { id: '17', state: 'failed', fields: { parent: 'fthird:{queue}:\tabove', failedReason: '"no"' } },
    { id: '11', state: 'waiting-children', children: { [`${OTHER}\tchild`]: 'p' } },
    { id: '12', state: 'waiting-children', children: { [`${OTHER}\tother`]: 'p' } },
    {
      id: '13',
      state: 'delayed',
      due: SEED_TIME + 800_000,
      fields: {
        state: 'delayed',
        step: 'ask',
        'step:ask': `0,0,w,1,${SEED_TIME},`,
        awaits: `${SEED_TIME + 800_000}\task\tpay\tgo`,
      },
    },
    { id: '14', fields: { state: 'waiting', parent: `f${OTHER}\tabove` } },
    { id: '15', state: 'active', lockUntil: SEED_TIME + 90_000 },
    { id: '16', fields: { state: 'waiting', parent: `f${OTHER}\tabove` } },
  ],
};

const session = (...args: string[]): string[] => [NOW, ...LANE, ...args];
const call = (args: readonly string[], rest: readonly string[] = []): ValidCall => ({ args, rest });

/** What a job came to, after another that has been written already. */
const commits = (...entry: string[]): ValidCall =>
  call(session('1', '2', 'w', 'host', '30000', '5', '1000', '0', '1,3,500'), [
    'complete',
    '15',
    'w:1',
    '1',
    '1,500,2',
    ...entry,
  ]);
const step = (head: string, next: string, ...way: string[]): ValidCall =>
  commits('step', '6', 'w:1', 'pay', head, '1', 'post', next, String(way.length), ...way);

const SPECS = [
  '',
  '50,,,',
  ',4,1,',
  `500,,,${SEED_TIME}`,
  '100,,,,2000,er,twin',
  ',3,,;stripe',
  ',,,?stripe;new',
  ',2,,@3,9,busy\u001e;stripe',
  '50,,,@,,new\u001e,2000,er,twin',
];
const MESSAGES = [
  message('add', 'n1', '5,2,,', `f${OTHER}\tabove`, 0, BODY),
  message('add', 'n2', '', '', 2, BODY, `${OTHER}\tx`),
  message('add', '1', '', `f${OTHER}\tabove`, 1, BODY, `${OTHER}\tx`),
  message('refs', '11', `${OTHER}\tlate`),
  message('settle', '11', 'child', 'f', 'c', '7'),
  message('settle', '12', 'other', 'f', 'f', '"no"'),
  message('relink', '11', 'child'),
];
const POSTED = message('', 5, OTHER, 'add', 'n1', '', `f${OTHER}\tabove`, 0, BODY);
const toHere = (...parts: readonly (string | number)[]): string => message('', 6, HERE, ...parts);

/** Groups that are there before: `busy`, and `held`, which is paused. */
export const GROUPS: readonly [ScriptName, ValidCall][] = [
  [
    'addJobs',
    call(
      [String(SEED_TIME), 'seed', '8', '1'],
      ['g1', ',,,@2,,busy\u001e', BODY, 'g2', ',1,,@,,busy\u001e', BODY, 'g3', ',,,@,,held\u001e', BODY],
    ),
  ],
  ['pauseGroup', call([String(SEED_TIME), 'held', '1'])],
];

/** Schedulers that are there before: `tick`, whose job waits, `cron`, `still`, which is paused, and
 * `coded`, which an application has in its code. */
export const SCHEDULERS: readonly [ScriptName, ValidCall][] = [
  ['upsertScheduler', upsert(SEED_TIME, '3', 'tick', { every: '60000' })],
  ['upsertScheduler', upsert(SEED_TIME, '4', 'cron', { slots: [SEED_TIME + 70_000, SEED_TIME + 80_000] })],
  ['upsertScheduler', upsert(SEED_TIME, '5', 'still', { every: '60000', overlap: 'queue' })],
  ['pauseScheduler', call([String(SEED_TIME), 'seed', '6', 'still', '1'])],
  ['upsertScheduler', upsert(SEED_TIME, '7', 'coded', { every: '60000', origin: 'fa' })],
];

interface Upsert {
  every?: string;
  slots?: readonly number[];
  overlap?: string;
  origin?: string;
  spec?: string;
  rest?: Partial<Record<'offset' | 'start' | 'ends' | 'limit' | 'missed' | 'spread' | 'jitter', string>>;
}

function upsert(
  now: number | string,
  seq: string,
  id: string,
  { every = '', slots = [], overlap = 'allow', origin = '', spec = ',,,', rest = {} }: Upsert,
): ValidCall {
  const {
    offset = '',
    start = '',
    ends = '',
    limit = '',
    missed = 'skip',
    spread = '0',
    jitter = '0',
  } = rest;
  return call([
    ...[
      String(now),
      'seed',
      seq,
      id,
      '{"name":"n","repeat":{}}',
      every,
      offset,
      start,
      ends,
      limit,
      '0',
      '0',
    ],
    ...[
      missed,
      '5',
      overlap,
      spread,
      jitter,
      spec,
      'n\n{"repeat":{"count":',
      '{}',
      origin,
      String(SEED_TIME - 1),
      '0',
    ],
    slots.join(','),
  ]);
}

/** Calls that do something, of every script that writes. */
export const VALID_CALLS: Partial<Record<ScriptName, readonly ValidCall[]>> = {
  addFlow: [
    call(session(HERE), ['root', 'r', '10,2,,', BODY, '2', '', '0', '1', `${OTHER}\tc1`, '1', '1', POSTED]),
    call(session(HERE), ['attach', '5', 'w:1', '1', '', '0', '1', `${OTHER}\tc1`, '1', '1', POSTED]),
    call(session(HERE), [
      ...['root', 'r', '', BODY, '1', '', '0', '1', `${OTHER}\tc1`, '0'],
      ...['root', 's', '', BODY, '1', '', '0', '0', '1', '1', POSTED],
    ]),
    call(session(HERE), [
      ...['root', 'r', '', BODY, '1', '', '0', '1', `${HERE}\tc1`, '2'],
      ...['1', toHere('add', 'c1', '', `-${HERE}\tr`, '1', BODY, `${HERE}\tc2`)],
      ...['1', toHere('add', 'c2', '10,2,,', `-${HERE}\tc1`, '0', BODY)],
    ]),
    call(session(HERE), [
      ...['attach', '5', 'w:1', '1', '', '0', '1', `${HERE}\t4`, '1'],
      ...['1', toHere('add', '4', '', `-${HERE}\t5`, '0', BODY)],
    ]),
  ],
  addJobs: SPECS.map((spec) => call(session('1'), ['', '', BODY, 'own', spec, BODY, '', spec, BODY])),
  addPlain: [call(session('1'), [BODY]), call(session('0'), [BODY, BODY, BODY])],
  cancelJob: [
    ...['1', '2', '3', '5', '11', '13'].map((id) => call(session(id, '"no"', '5,,', '1'))),
    call(session('14', '"no"', '0,,', '0')),
  ],
  changeDelay: [call(session('4', '700'))],
  changePriority: [call(session('1', '3', '1')), call(session('2', '0', '0')), call(session('g2', '2', '1'))],
  cleanJobs: [
    call(session('completed', '0', '0', '0')),
    call(session('waiting', '10', '1', '0')),
    call(session('delayed', '0', '1', '1')),
    call(session('group busy', '0', '0', '0')),
  ],
  closeGroup: [call([NOW, 'busy', '500']), call([NOW, 'idle', '500'])],
  closeRateLimit: [call([NOW, '5000']), call([NOW, '0'])],
  commit: [
    ...SPECS.map((spec) => commits('add', '', spec, BODY)),
    commits('complete', '5', 'w:1', '1', ''),
    commits('complete', '5', 'w:1', '1', '2,,'),
    commits('complete', '5', 'w:1', '1', ',0,1'),
    commits('fail', '5', 'w:1', '"no"', '[]', '3,1000,', '1'),
    commits('retry', '5', 'w:1', '"no"', '[]', '250', ''),
    commits('postpone', '5', 'w:1', '250'),
    commits('wait-children', '5', 'w:1', ''),
    commits('data', '5', 'w:1', '{}'),
    commits('progress', '5', 'w:1', '5'),
    commits('log', '5', 'w:1', 'line', '2'),
    commits('log', '5', 'w:1', 'line', ''),
    commits('clear-logs', '5', 'w:1', '1'),
    commits('emit', '6', 'w:1', 'pay', '5'),
    commits('end-wait', '6', 'w:1'),
    commits('begin-step', '6', 'w:1', 'post', '1,0,a,1', 'pay', ''),
    commits('pass-step', '6', 'w:1', 'pay', '1', 'post'),
    commits('last-step', '6', 'w:1', 'pay', '1', '5,,'),
    step('0,0,c,1', '1,0,a,1'),
    step('0,0,c,1', '', 'complete', '1', '5,,'),
    step('0,0,f,1', '', 'fail', '"no"', '[]', '5,,', '1'),
    step('0,0,r,1', '', 'retry', '"no"', '[]', '100', ''),
    step('0,0,c,1', '', 'postpone', '100'),
    step('0,0,w,1', '', 'await-signal', 'go', '100'),
    step('0,0,f,1', '', 'undo', '"no"'),
  ],
  drainQueue: [
    call([NOW, '0', '0', '0', '0', '-inf', '-inf', '1,0,0']),
    call([NOW, '1', '1', '1', '0', '-inf', '-inf', '1,0,0']),
  ],
  limitGroup: [
    call([NOW, 'busy', 'concurrency', '3', '0']),
    call([NOW, 'busy', 'rate', '3', '500']),
    call([NOW, 'held', 'all', '0', '0']),
  ],
  lendPlaces: [call([NOW, 'mail', 'stepwell:{a}:', '0', '1', '3', '2', '10000', '5', '10', '1000'])],
  limitQueue: [call(['concurrency', '3', '0']), call(['rate', '3', '500']), call(['rate', '0', '0'])],
  keepSchedulers: [
    call(session('90000', '1', '1'), ['coded', 'fa', 'other', 'fb']),
    call(session('0', '0', '0'), ['coded', 'fb']),
    call(session('0', '0', '1')),
  ],
  nextParents: [call([NOW, '10', '1000'])],
  obliterateQueue: [
    { ...call([NOW, '3', '1']), paused: true },
    { ...call([NOW, '900', '1']), paused: true },
  ],
  pauseGroup: [call([NOW, 'busy', '1']), call([NOW, 'held', '0'])],
  pauseLimit: [call(['stripe', '1'])],
  pauseQueue: [call(['1'])],
  pauseScheduler: [call(session('tick', '1')), call(session('cron', '1')), call(session('still', '0'))],
  planSlots: [
    call([NOW], ['cron', 'seed:4', String(SEED_TIME + 80_000), String(SEED_TIME + 90_000), '1', '3']),
  ],
  promoteJob: [call(session('4'))],
  promoteJobs: [call([NOW], ['4', '3'])],
  publishEvent: [call([...LANE, '{"eventName":"x"}', '100'])],
  readOutbox: [
    call([NOW, 'p', '1000', '0', '100', '1000', '', '']),
    call([NOW, 'p', '1000', '1', '100', '1000', '', 'f'], [OTHER, '9000000000000000', '0', '', '']),
  ],
  receive: [
    call(
      [NOW, OTHER, 'here:{queue}:', '0', ''],
      MESSAGES.flatMap((text, i) => [String(10 + i), '1.', text]),
    ),
  ],
  recoverStalled: [
    call([NOW, 'w2', '30000', '1', '100', '0', '0', '1']),
    call([NOW, 'w2', '30000', '0', '1000000', '15000', '30000', '1']),
  ],
  removeChildren: [call([NOW, `${OTHER}\tabove`, '1'], ['14', '10'])],
  removeDedupKey: [call(session('twin', ''))],
  removeJob: [call(session('1')), call(session('14')), call(session('g1'))],
  removeLimit: [call(['stripe']), call(['awaited'])],
  removeScheduler: [call(session('tick')), call(session('cron'))],
  renewLocks: [call([NOW, '45000', '15000', '30000'], ['5', 'w:1', '6', 'w:1'])],
  retryJob: [call(session('8', 'completed', '0', '1', '1')), call(session('10', 'failed', '1', '0', '0'))],
  retryJobs: [call([NOW, 'completed', '10', '0']), call([NOW, 'failed', '10', String(SEED_TIME + 5)])],
  runScheduler: [call(session('tick')), call(session('still'))],
  setLimit: [
    call(['stripe', '3', '5', '500', '0', '0']),
    call(['awaited', '0', '5', '500', '0', '1']),
    call(['more', '2', '0', '0', '1', '0']),
  ],
  countPlaces: [call([NOW, '0'])],
  takePlaces: [
    call([NOW, 'mail', '5', '2', NOW, '10000', '1', '7', '500', '5', '10', '1000', '0']),
    call([NOW, 'mail', '6', '2', NOW, '10000', '0', '0', '0', '5', '0', '0', '1']),
  ],
  shareLimit: [call(['mail', 'set', '3', '5', '500']), call(['stripe', 'pause', '0', '0', '0'])],
  setMeta: [call(['500'])],
  setMetrics: [call(['500'])],
  notePresent: [call([NOW, 'worker\tw', '1000'])],
  signalJob: [call(session('13', 'go', 'k', '1')), call(session('5', 'go', '', '1'))],
  stageFlow: [call([NOW, 's', '0', '60000'], [POSTED, POSTED])],
  trimEvents: [call(['0'])],
  notifyAgain: [call([NOW, 'third:{queue}:', 'above'], ['17'])],
  unlinkChild: [call(session('14'))],
  upsertScheduler: [
    upsert(NOW, '9', 'tick', {
      every: '60000',
      origin: 'fb',
      rest: { limit: '5', spread: '10', jitter: '20' },
    }),
    upsert(NOW, '9', 'tick', { every: '1000', overlap: 'queue', rest: { offset: '7', missed: 'all' } }),
    upsert(NOW, '9', 'other', {
      every: '1000',
      rest: { start: String(SEED_TIME + 90_000) },
      spec: ',3,1,,500,er,twin',
    }),
    upsert(NOW, '9', 'cron', {
      slots: [SEED_TIME + 85_000, SEED_TIME + 95_000],
      rest: { ends: '1800000000000' },
    }),
  ],
};
