import { DEDUP_MUTANTS } from './dedup-mutants.js';
import { mutant, type Mutant } from './mutant.js';

const JOB_MUTANTS: Mutant[] = [
  mutant(
    'transitions do not compare the token',
    "if fields[2] ~= token then\n    return 'stale'",
    "if false then\n    return 'stale'",
  ),
  mutant(
    'transitions do not ask whether the job is active',
    "if fields[1] ~= 'active' then\n    return",
    'if false then\n    return',
  ),
  mutant('data writes do not compare the token', 'if held == token then', 'if true then'),
  mutant(
    'data writes without a lock do not ask for the job',
    "return redis.call('EXISTS', q.body .. id) == 0 and 'missing' or nil",
    'return nil',
  ),
  mutant('commit forgets its calls', 'local known = recall(session, seq)', 'local known = nil', ['commit']),
  mutant('add-jobs forgets its calls', 'local known = recall(session, seq)', 'local known = nil', [
    'addJobs',
  ]),
  mutant('add-plain forgets its calls', 'local known = recall(session, seq)', 'local known = nil', [
    'addPlain',
  ]),
  mutant(
    'add-plain counts one number for all its jobs',
    "weight_of('added'), 'id', id)",
    "weight_of('added'), 'id', first)",
  ),
  mutant('add-plain wakes nobody', 'if wake == 1 and not meta[1] then\n  wake_one(q)\nend\nredis', 'redis'),
  mutant('add-plain has no cap', 'if added > ADD_CAP then', 'if false then'),
  mutant('remove-job forgets its calls', 'local known = recall(session, seq)', 'local known = nil', [
    'removeJob',
  ]),
  mutant('an outdated call is run again', 'if number > asked then', 'if false then'),
  mutant(
    'commit remembers another answer',
    "remember(session, seq, reply[1] .. '\\n'",
    "remember(session, seq, '' .. '\\n'",
  ),
  mutant(
    'commit remembers before it fetches, and so without its jobs',
    "remember(session, seq, reply[1] .. '\\n' .. table.concat(granted) .. added_at)",
    "remember(session, seq, reply[1] .. '\\n')",
  ),
  mutant(
    'a repeated commit gives jobs that it lost',
    "if not check_lock(q, id, job_fields(q, id, 'state', 'token'), token) then",
    'if true then',
  ),
  mutant('renewal does nothing but say so', 'lock_all(q, held, t + lock)', ''),
  mutant(
    'renewal does not compare the token',
    "if fields[1] == 'active' and fields[2] == ARGV[at + 1] then",
    "if fields[1] == 'active' then",
  ),
  mutant('renewal has no cap', 'if #ARGV - rest + 1 > 2 * RENEW_CAP then', 'if false then'),
  mutant(
    'custom ids are not looked up',
    "if named and (taken[id] or redis.call('EXISTS', q.body .. id) == 1) then",
    'if named and taken[id] then',
  ),
  mutant('custom ids may come twice in one call', 'taken[id] or ', ''),
  mutant('add-jobs has no cap', 'if #ARGV - rest + 1 > 3 * ADD_CAP then', 'if false then'),
  mutant(
    'commit has no cap of entries',
    'if #ARGV - rest + 1 > LONGEST_ENTRY * COMMIT_CAP then',
    'if false then',
  ),
  mutant('fetching has no cap', 'local want = math.min(grant.want, FETCH_CAP)', 'local want = grant.want'),
  mutant('promotion has no cap', ", 'LIMIT', '0', PROMOTE_CAP)", ')'),
  mutant(
    'recovery has no cap',
    "'-inf', string.format('%.0f', upto), 'LIMIT', '0', RECOVER_CAP)",
    "'-inf', string.format('%.0f', upto))",
  ),
  mutant('delayed jobs are promoted early', "'(' .. (moves.now + 1)", "'(' .. (moves.now + 50)"),
  mutant('the earliest delayed job does not wake anybody', 'is_first_due(moves.delayed)', 'false'),
  mutant('the pause is ignored', 'if meta[1] then\n  if limits then', 'if false then\n  if limits then'),
  mutant(
    'resuming wakes nobody',
    "emit(events, 'resumed', '')\n  wake_one(q)",
    "emit(events, 'resumed', '')",
  ),
  mutant('the rate limit is ignored', 'want = math.min(want, limit.left)', ''),
  mutant('the rate limit forgets the starts before', "'count', limit.count + started", "'count', started"),
  mutant(
    'a closed window is ignored',
    'if closed > 0 then\n    return { left = 0',
    'if false then\n    return { left = 0',
  ),
  mutant(
    'recovery takes live locks',
    "q.active, '-inf', string.format('%.0f', upto), 'LIMIT', '0', RECOVER_CAP",
    "q.active, '-inf', '+inf', 'LIMIT', '0', RECOVER_CAP",
  ),
  mutant('a silence goes unnoticed', 'if heard and now - heard > silence then', 'if false then'),
  mutant('the grace is forgotten', 'if now < ends and ends - now <= grace then', 'if false then'),
  mutant('the grace never ends', 'if now < ends and ends - now <= grace then', 'if true then'),
  mutant('renewals are not heard', 'if silence > 0 then\n  hear(', 'if false then\n  hear('),
  mutant(
    'recovery does not count stalls',
    'local stalls = (tonumber(fields[1]) or 0) + 1',
    'local stalls = 1',
  ),
  mutant(
    'recovery leaves the job among the active ones',
    "move(moves, 'released', id)\n  local state = place(moves, id, priority, true)",
    'local state = place(moves, id, priority, true)',
  ),
  mutant(
    'removal takes live locks',
    "> call.moves.now then\n  word = 'locked'",
    "> 1e15 then\n  word = 'locked'",
  ),
  mutant(
    'cleaning takes live locks',
    "redis.call('ZRANGEBYSCORE', q.active, '-inf', t, 'LIMIT', start",
    "redis.call('ZRANGEBYSCORE', q.active, '-inf', '+inf', 'LIMIT', start",
  ),
  mutant(
    'completing does not compare the token with that of the record',
    'if string.sub(text, 1, #held) ~= held then',
    'if false then',
  ),
  mutant(
    'jobs that complete together all end as the first',
    'if not last or last.text ~= run then',
    'if not last then',
  ),
  mutant(
    'the records of completed jobs are not written',
    "    send_keys('MSET', call.records)\n    call.records = nil\n",
    '    call.records = nil\n',
  ),
  mutant(
    'a record that is a hash is taken for none where jobs start',
    'local has_hashes = has_hash(found, keys, count + 1)',
    'local has_hashes = false',
  ),
  mutant(
    'a record that is a hash is taken for none where plain jobs start',
    'return not has_hash(found, keys, count + 1) and ids',
    'return ids',
  ),
  mutant(
    'a record that is a hash is taken for none where some are read',
    'has_hash(texts, keys, 1)',
    'false',
  ),
  mutant('no job is taken to have had logs', 'call.is_plain = not meta[8]', 'call.is_plain = true'),
  mutant('erasing forgets the fields of a job', '    keys[n + 2] = q.job .. id\n', ''),
  mutant('erasing forgets the logs of a job', '      keys[n + 3] = q.logs .. id\n', ''),
  mutant(
    'priorities are placed the wrong way round',
    'entry.priority * CLASS_SPAN + place_in_class',
    '(9 - entry.priority) * CLASS_SPAN + place_in_class',
  ),
  mutant(
    'priorities are placed in one class',
    'entry.priority * CLASS_SPAN + place_in_class',
    'CLASS_SPAN + place_in_class',
  ),
  mutant(
    'the front of a class is its back',
    'entry.front and CLASS_MIDDLE - 1 - place_in_class',
    'entry.front and CLASS_MIDDLE + place_in_class',
  ),
  mutant('a finished job stays active', "    send('ZREM', q.active, moves.released)\n", ''),
  mutant(
    'grants share a token',
    "incremented(held.token and string.match(held.token, '%d+$'))",
    "incremented('0')",
  ),
  mutant(
    'retries are not counted',
    'local attempts_made = incremented(fields[3])\n  release_job',
    'local attempts_made = fields[3] or 0\n  release_job',
  ),
  mutant(
    'retention by count keeps one more',
    "redis.call('ZCARD', set) - count",
    "redis.call('ZCARD', set) - count - 1",
  ),
];

export const MUTANTS: Mutant[] = [...JOB_MUTANTS, ...DEDUP_MUTANTS];

/** The quickest to notice, one of each kind: what CI tries. */
export const SHORT_MUTANTS = [
  'transitions do not compare the token',
  'commit forgets its calls',
  'renewal does nothing but say so',
  'the pause is ignored',
  'priorities are placed the wrong way round',
  'a job that is not delayed is replaced',
  'the kept job is forgotten',
];
