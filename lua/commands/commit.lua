--- Applies what a worker's jobs came to, then starts as many new jobs as it has room for.
-- One call for a whole batch: the cost of a script call and of its events is shared by all jobs in it.
-- A refused entry has its word in the reply and leaves the others alone.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake limiter outbox fences
-- @key metrics completed-points failed-points limits limited holders
-- @seldom unreadable
-- @derives job body logs writer dedup children posted scheduler schedulers limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text      names the caller's session, which has one call in flight
-- @arg seq text         number of the call within its session
-- @arg relay int        1 when the caller took the wake marker: it goes on to the next worker if work is left
-- @arg want int         free slots; 0 to start nothing
-- @arg worker text      first part of the tokens granted
-- @arg name text        kept as processedBy, '' for none
-- @arg lock int         milliseconds until a granted lock expires
-- @arg max int          starts allowed per window, 0 for no limit
-- @arg duration int     length of that window in milliseconds
-- @arg least int        jobs that have to wait for any to be started, 0 for any number
-- @arg groups text      what holds for a group without limits of its own, and whether to start jobs of one group alone, see `group_grant`
-- @entry add id spec body -- a new job, see add-jobs
-- @entry complete id token result keep
-- @entry fail id token reason stack keep exhausted:flag
-- @entry retry id token reason stack delay_ms front:flag
-- @entry postpone id token delay_ms
-- @entry wait-children id token child
-- @entry data id token json
-- @entry progress id token json
-- @entry log id token line keep
-- @entry clear-logs id token keep
-- @entry begin-step id token name head from anew:flag
-- @entry pass-step id token name value next_step
-- @entry last-step id token name result keep
-- @entry step id token name head value next_step next_head way:exit...
-- @entry emit id token step json
-- @entry end-wait id token
-- @with started
-- @returns words:tabs due_in_ms:int limited_for_ms:int time undelivered_ms:int posted:list started*
-- @reply words joined by tabs (for a new job as add-jobs), ms until the next delayed job is due or a limit opens (-1
--        none), ms to wait for the rate limit or -1 when something waits that may not start, the time, in how many ms to look at the outbox (-1 when all in it has been received), what this
--        call has posted there, in the form `brought`,
--        then id, body, token and stored fields of each started job
-- @cost O((K + M) log N) for K entries and M started jobs, 1000 at most each
-- @use server-time job-record job-records write-record send once count-up events moves wake promote-due check-lock erase retention incremented finish-job complete-record
-- @use activate time-left limits state-of take-delayed rate-limit fetch-jobs allow-when-full commit-plain commit-lone place-new add-job
-- @rare extras unreadable change-limits free-places limit-book parked-turns fetch-limited read-spec
-- @rare deduplicate release-dedup post undelivered notify-parent leave-parents fail-job release-job
-- @rare count-ends this-life write-job wait-children load-again signals steps checkpoint children settle-child step-record
-- @rare fail-next settle-here set-aside lay-aside scheduler slots fire-slots
-- @grouped group-records groups group-moves group-turns group-batches

local COMMIT_CAP = 1000
local NOTHING_POSTED = {}
local LONGEST_ENTRY = entry.longest
if #ARGV - rest + 1 > LONGEST_ENTRY * COMMIT_CAP then
  return redis.error_reply('ERR too many entries in one call')
end

-- Ids of the jobs that are to be completed, with what else their entries say, where a call brings no others and all are to be kept for
-- as long; nil else.
local function only_ends(ARGV, first)
  local ids, tokens, results, n = {}, {}, {}, 0
  ids.tokens, ids.results, ids.keep = tokens, results, ARGV[first + complete.size - 1]
  if not ids.keep and ARGV[first] then
    return nil
  end
  for at = first, #ARGV, complete.size do
    if ARGV[at] ~= 'complete' or complete.keep ~= ids.keep then
      return nil
    end
    n = n + 1
    ids[n] = complete.id
    tokens[n] = complete.token
    results[n] = complete.result
  end
  return ids
end

-- The outcome of a step, and in how many words the way in which the job leaves its worker.
local function apply_step(q, call, ARGV, at, size)
  local ended = {
    name = step.name, head = step.head, value = step.value, next_step = step.next_step, next_head = step.next_head,
  }
  local way = size > 0 and { unpack(ARGV, step.way, step.way - 1 + size) } or nil
  return rare().checkpoint(q, call, step.id, step.token, ended, way), step.way + size
end

-- Returns the word of the entry at that place, and the place of the next one. What has not all its operands is no entry,
-- and nothing after it is known to be one.
local function apply(q, call, ARGV, at)
  local operation = ARGV[at]
  if operation == 'fail' and fail.last then
    return rare().fail_job(q, call, fail.all), at + fail.size
  elseif operation == 'retry' and retry.last then
    return rare().retry_job(q, call, retry.all), at + retry.size
  elseif operation == 'postpone' and postpone.last then
    return rare().postpone_job(q, call, postpone.all), at + postpone.size
  elseif operation == 'step' then
    local size = whole(step.way_count)
    if size and ARGV[step.way - 1 + size] then
      return apply_step(q, call, ARGV, at, size)
    end
  elseif operation == 'wait-children' and wait_children.last then
    return rare().wait_children(q, call, wait_children.all), at + wait_children.size
  elseif operation == 'add' and add.last then
    call.adds = true
    return add_job(q, call, add.all), at + add.size
  elseif operation == 'progress' and progress.last then
    return rare().write_progress(q, call, progress.all), at + progress.size
  elseif operation == 'log' and log.last then
    return rare().write_log(q, log.all), at + log.size
  elseif operation == 'clear-logs' and clear_logs.last then
    return rare().clear_logs(q, clear_logs.all), at + clear_logs.size
  elseif operation == 'emit' and emit.last then
    return rare().keep_emission(q, call, emit.all), at + emit.size
  elseif operation == 'end-wait' and end_wait.last then
    return rare().end_wait(q, call, end_wait.all), at + end_wait.size
  end
  return 'unknown', #ARGV + 1
end

-- An entry that fails for what is stored of its job is refused alone: where it would end or go on with a run, the job fails. These
-- tables are made only then: how many texts an entry has, a step those besides its way, and which entries leave the run as it is.
local function refuse(q, call, ARGV, at, failure)
  local SIZES = entry.sizes
  local KEEPS_RUN = { add = true, data = true, progress = true, log = true, ['clear-logs'] = true, emit = true }
  local operation = ARGV[at]
  local size = (SIZES[operation] or LONGEST_ENTRY) + (operation == 'step' and whole(step.way_count) or 0)
  return rare().set_aside(q, call, step.id, step.token, not KEEPS_RUN[operation], failure), at + size
end

local function complete_one(q, call, text, id, token, ...)
  if text then
    return complete_record(q, call, id, text, token, ...)
  end
  return complete_job(q, call, id, token, ...)
end

-- Completes the jobs of the entries of that kind that follow each other from there on, each job once. Their records are read
-- by one command and written by one. Returns the place of the entry after them.
local function complete_run(q, call, ARGV, at, words)
  local first = at
  local texts
  if ARGV[at + complete.size] ~= 'complete' then
    texts = redis.call('MGET', q.job .. complete.id)
  else
    local keys, seen = {}, {}
    while ARGV[at] == 'complete' and complete.last and not seen[complete.id] do
      seen[complete.id] = true
      keys[#keys + 1] = q.job .. complete.id
      at = at + complete.size
    end
    texts = redis.call('MGET', unpack(keys))
  end
  at = first
  for i = 1, #texts do
    call.at = at
    words[#words + 1] = complete_one(q, call, texts[i], complete.all)
    at = at + complete.size
  end
  write_records(q, call)
  return at
end

-- What goes on with a run comes often: how many texts each such entry has.
local USUAL = {
  ['pass-step'] = pass_step.size, ['last-step'] = last_step.size, ['begin-step'] = begin_step.size, data = data.size,
}

local function apply_usual(q, call, ARGV, at, text, body)
  local operation, all = ARGV[at], rare()
  if operation == 'pass-step' then
    return text and all.pass_in_record(q, call, text, pass_step.all) or all.pass_step(q, call, pass_step.all)
  elseif operation == 'last-step' then
    return text and all.complete_in_record(q, call, text, last_step.all) or all.complete_steps(q, call, last_step.all)
  elseif operation == 'begin-step' then
    local is_first = text and begin_step.from == '' and begin_step.anew == ''
    return is_first and all.begin_in_record(q, call, text, begin_step.id, begin_step.token, begin_step.name, begin_step.head)
      or all.begin_step(q, call, begin_step.all)
  end
  return text and body and all.data_in_body(q, call, text, body, data.all) or all.write_data(q, data.all)
end

-- Goes on with the runs of the entries of these kinds that follow each other from there on, each job once. As `complete_run`.
local function go_on_run(q, call, ARGV, at, words)
  local operation = ARGV[at]
  local after = at + USUAL[operation]
  if not USUAL[ARGV[after]] then
    local found = operation == 'data' and redis.call('MGET', q.job .. ARGV[at + 1], q.body .. ARGV[at + 1])
      or redis.call('MGET', q.job .. ARGV[at + 1])
    words[#words + 1] = apply_usual(q, call, ARGV, at, found[1], found[2])
    write_records(q, call)
    return after
  end
  local first, count, size, keys, seen, n = at, #ARGV, USUAL[ARGV[at]], {}, {}, 0
  repeat
    local id = ARGV[at + 1]
    seen[id] = true
    n = n + 1
    keys[n] = q.job .. id
    if ARGV[at] == 'data' then
      n = n + 1
      keys[n] = q.body .. id
    end
    at = at + size
    size = USUAL[ARGV[at]]
  until not size or at + size - 1 > count or seen[ARGV[at + 1]]
  local texts, last = redis.call('MGET', unpack(keys)), at
  at, n = first, 1
  while at < last do
    call.at, operation = at, ARGV[at]
    words[#words + 1] = apply_usual(q, call, ARGV, at, texts[n], texts[n + 1])
    n = n + (operation == 'data' and 2 or 1)
    at = at + USUAL[operation]
  end
  write_records(q, call)
  return at
end

-- Whether there is a whole entry of these kinds.
local function is_usual(ARGV, at)
  local size = USUAL[ARGV[at]]
  return size and ARGV[at + size - 1]
end

local function apply_from(q, call, ARGV, words)
  while call.at <= #ARGV do
    local at = call.at
    if ARGV[at] == 'complete' and complete.last then
      call.at = complete_run(q, call, ARGV, at, words)
    elseif is_usual(ARGV, at) then
      call.at = go_on_run(q, call, ARGV, at, words)
    else
      -- Which may give a job more.
      call.is_plain = false
      words[#words + 1], call.at = apply(q, call, ARGV, at)
    end
  end
end

local function apply_all(q, call, ARGV, lock)
  local words = {}
  repeat
    local done, failure = pcall(apply_from, q, call, ARGV, words)
    if not done then
      write_records(q, call)
      words[#words + 1], call.at = refuse(q, call, ARGV, call.at, failure)
    end
  until done
  if call.renewed and lock > 0 then
    -- Before the moves: one that was given back later in this call is no longer active.
    rare().renew_old(q, call.renewed, call.moves.now, lock)
  end
  write_moves(q, call.moves)
  trim_finished(q, call)
  if call.ends then
    local moves = rare().settle_here(q, call, call.moves.now)
    call.released = placed_any(moves) or moves.delayed
  end
  if call.outbox then
    rare().write_outbox(q, call, call.moves.now)
  end
  return table.concat(words, '\t')
end

-- A fetch that came back empty has shown already that nothing waits.
local function is_drained(q, wanted, limited, waits)
  if limited < 0 or ((wanted == 0 or limited > 0) and waits(q)) then
    return false
  end
  return redis.call('ZCARD', q.active) == 0
end

-- Milliseconds until the first of two times, -1 for none.
local function ms_until(now, due, opens)
  due = due and opens and math.min(due, opens) or due or opens
  return due and math.max(due - now, 0) or -1
end

-- Whether fewer jobs wait than a batch needs: those that a limit holds back included, and of groups those that may start.
local function are_fewer(q, count, grant, now)
  local plain = redis.call('LLEN', q.waiting) + redis.call('ZCARD', q.prioritized) + redis.call('ZCARD', q.limited)
  return plain < count and (not grant.has_groups or grouped().are_fewer_in_groups(q, grant, now, count, plain))
end

local t = server_time(now)
local stamp = string.format('%.0f', t)
local session = q.writer .. writer
local known = recall(session, seq)
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'closedUntil', 'outbox', 'metrics', 'limits', 'groups', 'extras', 'eventNumber', 'seq')
local reply = { '', -1, 0, stamp, -1, NOTHING_POSTED }
if not known and want > 0 and want <= FETCH_CAP and max == 0 and least < 2 then
  local at, words, due_in_ms, granted = rest, nil, nil, nil
  local number, order, due_at = plain_numbers(q, meta, t, name)
  if number and (#ARGV < rest or (#ARGV == rest + complete.size - 1 and ARGV[at] == 'complete')) then
    words, due_in_ms, granted = commit_lone(
      q, reply, meta, number, order, due_at, t, stamp, want, relay, worker, name, lock, complete.all
    )
  end
  local ended = number and not words and only_ends(ARGV, rest)
  if ended then
    words, due_in_ms, granted = commit_plain(
      q, reply, meta, number, order, due_at, t, stamp, want, relay, worker, name, lock, ended
    )
  end
  if words then
    reply.words, reply.due_in_ms = words, due_in_ms
    if meta[4] then
      reply.undelivered_ms = rare().undelivered(meta[4])
    end
    remember(session, seq, words .. '\n' .. granted)
    return reply
  end
end

local call = { moves = new_moves(t, stamp), events = new_events(), policies = {}, at = rest }
if known then
  local split = string.find(known, '\n', 1, true)
  reply.words = string.sub(known, 1, split - 1)
  local grants, added_at = string.match(string.sub(known, split + 1), '^(.-)@?(%d*)$')
  if added_at ~= '' then
    reply.time = added_at
  end
  rare().load_again(q, reply, grants)
  local _, opens = (meta[6] or meta[7]) and rare().startable(q, meta[6], rare().open_book(t), meta[7])
  reply.due_in_ms = ms_until(t, first_due(q), opens)
  return reply
end

call.is_plain = not meta[8]
-- Jobs are added at the cost of memory: a call that does nothing else is refused where there is none.
local after_adds = rest
while ARGV[after_adds] == 'add' do
  after_adds = after_adds + add.size
end
if after_adds == rest or after_adds <= #ARGV then
  allow_when_full(q)
end
local limits, has_groups = meta[6], meta[7]
if limits then
  call.book = rare().open_book(t)
  if string.sub(limits, -1) == '1' then
    call.moves.free = function(_, ids)
      return rare().count_ends_in(q, call.book, ids)
    end
  end
end
if has_groups then
  grouped().free_groups_too(call.moves)
end
local due = promote_due(q, call.moves, call.events)
reply.words = apply_all(q, call, ARGV, lock)
if call.moves.grouped or call.released then
  has_groups = redis.call('HGET', q.meta, 'groups')
end
if meta[4] or call.outbox then
  reply.undelivered_ms = rare().undelivered(meta[4], call.outbox)
  reply.posted = call.brought or NOTHING_POSTED
end
if call.moves.delayed or call.moves.undelayed or call.released then
  due = first_due(q)
end
reply.due_in_ms = ms_until(t, due)

local granted, ids, fired = {}, {}, nil
local grant = {
  want = want, worker = worker, name = name, lock = lock, max = max, duration = duration, closed_until = meta[3],
  has_break = string.find(name, '[\t\n]') ~= nil,
}
local is_limited = limits or has_groups
local fetch = limits and rare().fetch_limited or fetch_jobs
if has_groups then
  grouped().read_group_grant(grant, groups)
  fetch = limits and fetch or grouped().fetch_groups
end
if meta[1] then
  if limits then
    rare().write_book(q, call.book)
  end
else
  local is_short = least > 1 and want > 0 and are_fewer(q, least, grant, t)
  if is_short then
    reply.limited_for_ms = has_waiting(q) and -1 or 0
  else
    ids, reply.limited_for_ms, fired = fetch(q, reply, grant, call.events, call.moves, limits, call.book)
  end
  for i = 1, #ids do
    local n = reply.size + (i - 1) * started.size
    granted[i] = ids[i] .. '\t' .. started.token .. '\n'
  end
  if fired then
    local moves = rare().fire_slots(q, call, fired)
    due = first_due(q)
    reply.due_in_ms = ms_until(t, due)
    if placed_any(moves) then
      -- Behind what this fetch has seen.
      wake_one(q)
    end
  end
  -- A fetch that came back short has shown that nothing is left.
  local filled = #ids >= math.min(want, FETCH_CAP) or reply.limited_for_ms > 0
  if is_limited then
    local is_startable, opens, is_opened
    if limits then
      rare().write_book(q, call.book)
      is_startable, opens, is_opened = rare().startable(q, limits, call.book, has_groups)
    else
      is_startable, opens = grouped().startable_in_turn(q, t)
    end
    is_opened = is_opened or has_groups
    opens = grant.opens or opens
    reply.due_in_ms = ms_until(t, due, opens)
    local is_more = relay == 1 or call.released or placed_any(call.moves) or (is_opened and call.moves.released)
    if is_startable and not is_short and (is_more or #ids < want) then
      -- Also when this call gave places back and starts none itself, or has looked at as many jobs as one may.
      wake_one(q)
    end
  elseif filled and (relay == 1 or call.released or placed_any(call.moves)) and has_runnable(q) then
    wake_one(q)
  end
  if #ids == 0 and call.moves.released and not due and is_drained(q, want, reply.limited_for_ms, is_limited and has_waiting or has_runnable) then
    emit(call.events, 'drained', '')
  end
end
if meta[5] then
  rare().count_ends(q, call.events, meta[5], t)
end
publish(q.events, call.events, meta[2])
-- Jobs that were added have their time of creation from the first run.
local added_at = call.adds and '@' .. call.moves.stamp or ''
remember(session, seq, reply.words .. '\n' .. table.concat(granted) .. added_at)
return reply
