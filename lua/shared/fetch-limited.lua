-- Starting jobs in a queue with limits. A job that a limit does not let start is parked: it goes to the limit's own list,
-- which keeps the order of turns, so that a fetch never looks at it again before the limit opens. So each job is looked at once,
-- and once more each time that its limit could let it through.
local LOOK_CAP = 2000
local READ = { limits = true, priority = true, turn = true, limitedBy = true }

local function entry_of(id, stored)
  local entry = { id = id, stored = stored }
  for i = 1, #stored, 2 do
    local field = stored[i]
    if READ[field] then
      entry[field] = stored[i + 1]
    end
  end
  return entry
end

-- Starts a job that all of its limits let start, and notes others to be parked. One without a body is a leftover of a hand-edited
-- database: it is dropped, and takes nobody's place, unless it is the next job of a scheduler.
local function start_or_park(q, run, id, body, stored, is_hash)
  body = body or rare().renewed_body(q, id, run.stamp)
  if not body and redis.call('EXISTS', q.body .. id) == 0 then
    if run.ring then
      grouped().give_turn_back(q, run, id)
    end
    return
  end
  local entry = entry_of(id, stored)
  local limits = entry.limits and limits_of(q, run.book, entry.limits)
  entry.limit = limits and closed_limit(limits)
  if entry.limit then
    run.parks[#run.parks + 1] = entry
    if run.ring then
      grouped().give_turn_back(q, run, id)
    end
    return
  elseif run.ring and not grouped().admit_grouped(q, run, entry) then
    return
  end
  local scheduler = activate(q, run.reply, id, body or '', run.grant, run.stamp, stored, not is_hash and run.records)
  run.fired = note_fired(run.fired, id, scheduler, run.reply)
  run.ids[#run.ids + 1] = id
  emit(run.events, 'active', id)
  if limits then
    count_start(limits)
    run.held[#run.held + 1] = id
    run.held[#run.held + 1] = entry.limits
  end
  if entry.turn or entry.limitedBy then
    redis.call('HDEL', q.job .. id, 'turn', 'limitedBy')
  end
  if entry.group then
    run.ring.held[#run.ring.held + 1] = id
    run.ring.held[#run.ring.held + 1] = entry.group.id
  end
end

local function start_or_park_all(q, run, ids)
  local bodies, stored, is_hash = read_jobs(q, ids)
  for i, id in ipairs(ids) do
    start_or_park(q, run, id, bodies[i], stored[i], is_hash[i])
  end
  run.looked = run.looked + #ids
end

local function is_full(run)
  return #run.ids >= run.want or run.looked >= LOOK_CAP or run.is_closed
end

-- Whether a batch of one group has begun, which takes no others.
local function is_of_group(run)
  return (run.batch_of or '') ~= ''
end

local function start_parked(q, run)
  if run.grant.affinity and not grouped().joins_batch(q, run, first_parked(run.turns)) then
    run.looked = run.looked + 1
    run.is_closed = true
    return
  end
  start_or_park_all(q, run, { take_turn(q, run.book, run.turns) })
end

-- Of jobs without a priority, those that are parked were there before those that wait.
local function start_unprioritized(q, run)
  while not is_full(run) and (next_turn(run.turns) or math.huge) < CLASS_SPAN do
    start_parked(q, run)
  end
  while not (is_full(run) or is_of_group(run)) do
    local ids = redis.call('LPOP', q.waiting, run.want - #run.ids) or {}
    if #ids == 0 then
      return
    end
    start_or_park_all(q, run, ids)
  end
end

-- Of jobs with a priority, those that are parked go before others of their class.
local function start_prioritized(q, run)
  local page, bodies, at, taken = {}, {}, 1, {}
  while not is_full(run) do
    if not page[at] and not is_of_group(run) then
      -- They leave together, at the end.
      page = redis.call('ZRANGE', q.prioritized, #taken, #taken + run.want - #run.ids - 1, 'WITHSCORES')
      at = 1
    end
    local class = page[at] and math.floor(page[at + 1] / CLASS_SPAN)
    local turn = next_turn(run.turns)
    if turn and (not class or math.floor(turn / CLASS_SPAN) <= class) then
      start_parked(q, run)
    elseif class then
      taken[#taken + 1] = page[at]
      start_or_park_all(q, run, { page[at] })
      at = at + 2
    else
      break
    end
  end
  send('ZREM', q.prioritized, taken)
end

-- Jobs of groups, in turn.
local function start_grouped(q, run)
  while not is_full(run) do
    local ids = grouped().next_grouped(q, run.ring, run.want - #run.ids)
    if #ids == 0 then
      return
    end
    start_or_park_all(q, run, ids)
  end
end

local function fetch_named(q, reply, grant, events, moves, want, book)
  local run = {
    book = book, stamp = moves.stamp, reply = reply, grant = grant, events = events, want = want, looked = 0,
    parks = {}, held = {}, ids = {}, records = {}, ring = grant.ring or (grant.has_groups and grouped().new_ring(grant, book.now)) or nil,
  }
  run.turns = open_turns(q, book, want)
  if not grant.skips_plain then
    start_unprioritized(q, run)
  end
  if not (is_full(run) or grant.skips_plain) then
    start_prioritized(q, run)
  end
  if run.ring and not is_full(run) and not (grant.affinity and #run.ids > 0) then
    start_grouped(q, run)
  end
  let_go(q, book.going or {})
  send('HSET', q.holders, run.held)
  send_keys('MSET', run.records)
  if #run.parks > 0 then
    park_all(q, book, run.parks)
  end
  if run.ring then
    grouped().write_turns(q, run)
  end
  lock_all(q, run.ids, moves.now + grant.lock)
  return run.ids, run.fired
end

-- As `fetch_jobs`, for a queue whose limits `text` says. Returns the ids started, how long the rate limit asks to wait,
-- -1 where something waits that may not start, and the jobs of schedulers among them.
local function fetch_limited(q, reply, grant, events, moves, text, book)
  local now = moves.now
  local own = read_queue_limit(text)
  local want = math.min(FETCH_CAP, grant.want)
  local max = own.max or grant.max
  local duration = grant.duration > 0 and grant.duration or own.duration or 0
  local limit = read_limit(q, max, duration, grant.closed_until, now)
  local room = own.concurrency and own.concurrency - redis.call('ZCARD', q.active) or math.huge
  want = math.min(want, limit.left, room)
  local ids, fired = {}, nil
  if want >= 1 then
    if own.named then
      ids, fired = fetch_named(q, reply, grant, events, moves, want, book)
    else
      if not grant.skips_plain then
        ids, fired = start_plain(q, reply, grant, events, moves, want)
      end
      if grant.has_groups and #ids < want and not (grant.affinity and #ids > 0) then
        fired = grouped().start_in_turn(q, reply, grant, events, moves, ids, want, fired)
      end
    end
    if max > 0 and #ids > 0 then
      count_starts(q, limit, #ids, now)
    end
  end
  local left = limit.left - #ids
  if left < 1 and (max > 0 or limit.left < 1) then
    return ids, limit.ends - now, fired
  end
  return ids, #ids == 0 and has_waiting(q) and -1 or 0, fired
end

-- Whether a worker with a free slot would find something to start, when a limit opens next, and whether there may be more to start
-- than before, for the places that this call has given back.
local function startable(q, text, book, has_groups)
  local own = read_queue_limit(text)
  local has_turn, group_opens = false, math.huge
  if has_groups then
    has_turn, group_opens = grouped().groups_startable(q)
  end
  local now, opens = book.now, math.min(own.named and first_opening(q, book) or math.huge, group_opens)
  local is_maxed = own.concurrency and redis.call('ZCARD', q.active) >= own.concurrency
  local is_startable = not is_maxed and (has_runnable(q) or has_turn or opens <= now)
  return is_startable, opens > now and opens < math.huge and opens or nil, own.concurrency ~= nil or opens <= now
end
