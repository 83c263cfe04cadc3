import { mutant, type Mutant } from './mutant.js';

const KNOWN = 'local known = recall(session, seq)';

/** What the simulation of job schedulers has to notice. */
export const SLOT_MUTANTS: Mutant[] = [
  mutant(
    'a slot that starts brings no successor',
    'elseif s and s.job == fired[i] then',
    'elseif false then',
  ),
  mutant(
    'a slot that starts again brings another successor',
    'elseif s and s.job == fired[i] then',
    'elseif s then',
  ),
  mutant('slots that passed are left out of all', 'return math.max(passed - s.most, 0)', 'return passed'),
  mutant(
    'a plan is taken wherever it goes on from',
    "if revision ~= ARGV[at + 1] or (s.last or '') ~= ARGV[at + 2] then",
    'if false then',
  ),
  mutant('upsert-scheduler forgets its calls', KNOWN, 'local known = nil', ['upsertScheduler']),
  mutant('pause-scheduler forgets its calls', KNOWN, 'local known = nil', ['pauseScheduler']),
  mutant('remove-scheduler forgets its calls', KNOWN, 'local known = nil', ['removeScheduler']),
  mutant('run-scheduler forgets its calls', KNOWN, 'local known = nil', ['runScheduler']),
  mutant('an upsert of the same grid begins anew', "if goes_on and pending ~= '' then", 'if false then'),
  mutant('an upsert leaves the job that was to come', 'replace_pending(q, call, pending)', ''),
  mutant('slots are held by nobody', 'if owner and owner ~= id then', 'if false then'),
  mutant(
    'a scheduler without slots waits for no plan',
    "if s.job == '' and why ~= 'over' then",
    'if false then',
  ),
  mutant(
    'an upsert lets a paused scheduler go on',
    'local is_paused = old and old.paused',
    'local is_paused = nil',
  ),
  mutant('a removed scheduler stays listed', "redis.call('ZREM', q.schedulers .. list, s.id)", ''),
];
