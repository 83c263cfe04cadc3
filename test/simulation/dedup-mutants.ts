import { mutant, type Mutant } from './mutant.js';

/** The scripts with one guard of deduplication taken out. */
export const DEDUP_MUTANTS: Mutant[] = [
  mutant(
    'a ttl that has passed still holds',
    'if not owner or (ends and ends <= now) then',
    'if not owner then',
  ),
  mutant('an owner that has vanished still holds', 'if not ends and not unfinished then', 'if false then'),
  mutant(
    'a job that was given the id of an owner is taken for it',
    'local unfinished = fields[3] == dedup_id and',
    'local unfinished = fields[1] and',
  ),
  mutant(
    'a job that was started is replaced',
    "  if has('r') and state == 'delayed' and not bound then",
    "  if has('r') and state == 'delayed' then",
  ),
  mutant(
    'a job that is not delayed is replaced',
    "  if has('r') and state == 'delayed' and not bound",
    "  if has('r') and state ~= 'finished' and not bound",
  ),
  mutant(
    'replacing always begins the ttl anew',
    "set_owner(q, rule, id, now, not has('e') and ends or nil)",
    'set_owner(q, rule, id, now, nil)',
  ),
  mutant(
    'replacing never begins the ttl anew',
    "set_owner(q, rule, id, now, not has('e') and ends or nil)",
    'set_owner(q, rule, id, now, ends)',
  ),
  mutant(
    'a replaced owner leaves in its key what it had there',
    "local key = q.dedup .. rule.id\n  redis.call('DEL', key)",
    'local key = q.dedup .. rule.id',
  ),
  mutant(
    'a job delayed by the same call is replaced and stays',
    "if redis.call('ZREM', q.delayed, id) == 0 then",
    "if redis.call('ZREM', q.delayed, id) == 9 then",
  ),
  mutant(
    'a replaced job is due all the same',
    'if call.moves.delayed or call.moves.undelayed or call.released then',
    'if call.moves.delayed then',
  ),
  mutant(
    'a kept job is protected by a ttl',
    "if rule.ttl and not string.find(rule.flags, 'k', 1, true) then",
    'if rule.ttl then',
  ),
  mutant(
    'a job is kept for after one that has finished',
    "if has('k') and state ~= 'finished' then",
    "if has('k') then",
  ),
  mutant(
    'keeping a job leaves the deadline',
    "redis.call('HDEL', key, 'until')\n    redis.call('PERSIST', key)",
    "redis.call('PERSIST', key)",
  ),
  mutant(
    'keeping a job leaves the expiry of the key',
    "redis.call('HDEL', key, 'until')\n    redis.call('PERSIST', key)",
    "redis.call('HDEL', key, 'until')",
  ),
  mutant(
    'the first kept job stays the one kept',
    "redis.call('HSET', key, 'nextId', id, 'nextSpec', spec, 'nextBody', body)",
    "redis.call('HSETNX', key, 'nextId', id) redis.call('HSETNX', key, 'nextSpec', spec) redis.call('HSETNX', key, 'nextBody', body)",
  ),
  mutant(
    'what could have been replaced begins the ttl anew',
    "elseif has('e') and not has('r') and rule.ttl and ends then",
    "elseif has('e') and rule.ttl and ends then",
  ),
  mutant(
    'a key without a ttl is given one',
    "elseif has('e') and not has('r') and rule.ttl and ends then",
    "elseif has('e') and not has('r') and rule.ttl then",
  ),
  mutant('the key expires when its first ttl has passed', "redis.call('PEXPIRE', key, expiry(rule.ttl))", ''),
  mutant('a job releases the key of another', 'if stored[1] ~= owner or (tonumber', 'if (tonumber'),
  mutant('finishing ends a ttl', 'or (tonumber(stored[2] or nil) or 0) > call.moves.now then', 'then'),
  mutant(
    'finishing releases nothing',
    'if dedup_id then\n    rare().release_dedup',
    'if false then\n    rare().release_dedup',
  ),
  mutant(
    'a failure releases nothing',
    "finish_job(q, call, id, 'failed', fields[4],",
    "finish_job(q, call, id, 'failed', nil,",
  ),
  mutant(
    'the kept job is forgotten',
    'if stored[3] and stored[4] and stored[5] then\n    add_kept',
    'if false then\n    add_kept',
  ),
  mutant(
    'the kept job overwrites one of its id',
    "redis.call('EXISTS', q.body .. kept[1]) == 0 and kept[1] or next_number(q)",
    'kept[1]',
  ),
  mutant(
    'the kept job owns nothing',
    "redis.call('HSET', q.dedup .. dedup_id, 'owner', id)\n  store_new",
    'store_new',
  ),
  mutant(
    'nobody is woken for the kept job',
    'if moves.delayed or (placed_any(moves) and not paused) then',
    'if false then',
    ['removeJob', 'cleanJobs', 'removeDedupKey'],
  ),
  mutant(
    'nobody is woken for a kept job that is delayed',
    'if moves.delayed or (placed_any(moves) and not paused) then',
    'if placed_any(moves) and not paused then',
    ['removeJob', 'cleanJobs', 'removeDedupKey'],
  ),
  mutant(
    'removing a job ends the deduplication of another',
    "if type(dedup_id) == 'string' and redis.pcall('HGET', q.dedup .. dedup_id, 'owner') == id then\n      redis.call('HDEL'",
    "if type(dedup_id) == 'string' then\n      redis.call('HDEL'",
  ),
  mutant(
    'removing a job leaves its ttl',
    "redis.call('HDEL', q.dedup .. dedup_id, 'until')\n      release_dedup",
    'release_dedup',
  ),
  mutant('removing a job ends no deduplication', 'end_dedup(q, call, { id })', '', ['removeJob']),
  mutant('cleaning ends no deduplication', 'end_dedup(q, call, old)', ''),
  mutant(
    'cleaning ends deduplications when its jobs are gone',
    'end_dedup(q, call, old)\n  leave_parents(q, call, old)\n  erase(q, old)',
    'leave_parents(q, call, old)\n  erase(q, old)\n  end_dedup(q, call, old)',
  ),
  mutant('draining ends no deduplication', '  forget_dedup(q, ids)\n  leave', '  leave', ['drainQueue']),
  mutant(
    'draining ends the deduplication of another',
    "if type(dedup_id) == 'string' and redis.pcall('HGET', q.dedup .. dedup_id, 'owner') == id then\n      redis.call('UNLINK'",
    "if type(dedup_id) == 'string' then\n      redis.call('UNLINK'",
    ['drainQueue'],
  ),
  mutant(
    'a key is removed whoever owns it',
    "if current and not over and (owner == '' or owner == current) then",
    'if current and not over then',
  ),
  mutant(
    'a key is removed that means nothing any more',
    "if current and not over and (owner == '' or owner == current) then",
    "if current and (owner == '' or owner == current) then",
  ),
  mutant(
    'the kept job owns the key that was removed',
    "redis.call('DEL', q.dedup .. id)\n  write_moves",
    'write_moves',
  ),
  mutant('remove-dedup-key forgets its calls', 'local known = recall(session, seq)', 'local known = nil', [
    'removeDedupKey',
  ]),
  mutant(
    'an id whose ttl has passed is said to have an owner',
    'if not stored[1] or (stored[2] and tonumber(stored[2]) <= server_time(now)) then',
    'if not stored[1] then',
  ),
];
