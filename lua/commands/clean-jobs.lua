--- Removes jobs of one state that are older than a grace time, but not what a scheduler brings next. Looks at one slice of the state: repeat it from the
-- position it returns.
-- What was kept to run after a removed job is added.
-- The age counts from the end of finished jobs, from the start of active ones, and from the creation of all others.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences limits
-- @key limited holders
-- @derives job body logs writer dedup children posted limit parked scheduler groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg state text       one that holds jobs, or 'limited waiting' and 'limited prioritized' for those that wait for a limit,
--                       or 'group ' and an id for those that wait in one, 'sidelined ' and an id for those of one that
--                       wait for a limit, '' for those of any
-- @arg grace int        milliseconds
-- @arg limit int        how many to remove at most, 0 for a whole slice
-- @arg start int        position to go on from, 0 at first
-- @lines next:int removed*
-- @reply a line with the position to go on from, -1 when there is no more to look at, then a line per removed id
-- @cost O(K log N) for K jobs, 250 at most; O(N) in the plain list
-- @use extras server-time job-record write-record send once count-up events emit-removed moves wake state-of is-pending free-places erase
-- @use time-left limits change-limits take-delayed read-spec place-new release-dedup end-dedup post notify-parent
-- @use leave-parents allow-when-full unreadable children settle-child fail-next settle-here
-- @grouped group-records groups group-moves

local CLEAN_CAP = 250
local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

local t = server_time(now)
local oldest_kept = t - grace + 1
local call = { moves = new_moves(t), events = new_events() }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'limits')
local dated_by = { active = 'processedOn', completed = 'finishedOn', failed = 'finishedOn' }

local class_span = string.format('%.0f', CLASS_SPAN)
-- Jobs that a limit does not let start: lowest and highest score, and the state that they are said to be in.
local parked = ({
  ['limited waiting'] = { '-inf', '(' .. class_span, 'waiting' },
  ['limited prioritized'] = { class_span, '+inf', 'prioritized' },
})[state]
local group, sidelined = string.match(state, '^group (.+)$'), string.match(state, '^sidelined (.*)$')
local opened = false

local function slice()
  local stop = start + CLEAN_CAP - 1
  if state == 'waiting' then
    return redis.call('LRANGE', q.waiting, start, stop)
  elseif state == 'active' then
    -- A job that a worker holds is no leftover, however old.
    return redis.call('ZRANGEBYSCORE', q.active, '-inf', t, 'LIMIT', start, CLEAN_CAP)
  elseif parked then
    return redis.call('ZRANGEBYSCORE', q.limited, parked[1], parked[2], 'LIMIT', start, CLEAN_CAP)
  elseif sidelined then
    return redis.call('ZRANGE', sidelined == '' and q.limited or q.sidelined .. sidelined, start, stop)
  end
  return redis.call('ZRANGE', group and q.grouped .. group or q[state], start, stop)
end

local function is_old(id)
  local field = dated_by[state]
  local date = field and try_field(q, id, field)
  -- The first line of a body is the time of its creation; a body may be long, so no more of it is read.
  local body = redis.pcall('GETRANGE', q.body .. id, 0, 20)
  -- What cannot be read is as old as can be.
  local created = type(body) == 'string' and string.match(body, '^%d+')
  return (tonumber(type(date) == 'string' and date or created or 0) or 0) < oldest_kept
end

-- Of those that wait for limits, whether it is of a group.
local function is_meant(id)
  local priority = sidelined == '' and try_field(q, id, 'priority')
  return sidelined ~= '' or (type(priority) == 'string' and string.find(priority, '@', 1, true) ~= nil)
end

local most = limit > 0 and limit or CLEAN_CAP
local ids, old, places, seen = slice(), {}, {}, 0
while seen < #ids and #old < most do
  if not is_pending(q, ids[seen + 1]) and is_meant(ids[seen + 1]) and is_old(ids[seen + 1]) then
    old[#old + 1] = ids[seen + 1]
    places[#places + 1] = start + seen
  end
  seen = seen + 1
end

if #old > 0 then
  if state == 'waiting' then
    -- No id is empty, so the places of those that go can be marked and taken out in one pass.
    for _, place in ipairs(places) do
      redis.call('LSET', q.waiting, place, '')
    end
    redis.call('LREM', q.waiting, #old, '')
  elseif parked or sidelined then
    unpark(q, old)
    if sidelined and sidelined ~= '' then
      -- Also those whose records do not say any more what group they are of.
      send('ZREM', q.sidelined .. sidelined, old)
    end
    state = parked and parked[3] or 'waiting'
  elseif group then
    grouped().leave_groups(q, old)
    state = 'waiting'
  else
    send('ZREM', q[state], old)
    if state == 'active' then
      opened = free_places(q, old) or meta[3]
    end
  end
  -- Before what was kept for after them, which may be given their id.
  emit_removed(call.events, state, old)
  end_dedup(q, call, old)
  leave_parents(q, call, old)
  erase(q, old)
  write_moves(q, call.moves)
  settle_and_wake(q, call, t, meta[1])
  write_outbox(q, call, t)
  wake_for(q, call.moves, meta[1])
  if opened and not meta[1] then
    wake_one(q)
  end
  emit(call.events, 'cleaned', #old)
  publish(q.events, call.events, meta[2])
end
local ended = seen == #ids and #ids < CLEAN_CAP
local reply = table.concat({ ended and -1 or start + seen - #old, unpack(old) }, '\n')
remember(session, seq, reply)
return reply
