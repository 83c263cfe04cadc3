--- Removes jobs that wait for a worker, and delayed ones when asked, in slices. Repeat it with what it returns until it
-- looks at none. Parents that wait for children stay, also those that come to wait for a worker while the draining goes
-- on, be it by the draining or by a worker. So does what a scheduler brings next. Each job that goes is an event.
-- @key meta waiting prioritized delayed waiting-children events wake outbox fences limits limited holders
-- @derives job body logs dedup children posted scheduler limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg delayed int      1 to remove delayed jobs as well
-- @arg begun int        order number of the draining, 0 at the first slice
-- @arg left int         how many of the plain list are left to remove, not read at the first slice
-- @arg passed int       how many jobs of the plain list were passed over since one was removed
-- @arg prioritized text score behind which to go on, -inf at the first slice
-- @arg later text       the same for delayed jobs
-- @arg groupPlace text  where to go on among groups, set 1 and nothing else at the first slice: which of their sets, place of the group in it, and how
--                       many of that group stay
-- @text drain_place {set:int},{rank:int},{kept:int}
-- @returns removed:int looked:int begun:int left:int passed:int prioritized later group_place
-- @reply how many were removed, how many were looked at, and what the next slice is given: begun, left, passed, both
-- @reply scores and the place among groups
-- @cost O(K log N) for K jobs, 500 at most
-- @use extras server-time job-record write-record send count-up events emit-removed moves wake state-of is-pending free-places take-out erase
-- @use forget-dedup post notify-parent leave-parents take-delayed allow-when-full unreadable children settle-child
-- @use fail-next settle-here
-- @grouped time-left group-records groups group-moves

local DRAIN_CAP = 500

local function is_score(text)
  return text == '-inf' or string.match(text, '^%-?[%d.]+$') and tonumber(text)
end

if not (is_score(prioritized) and is_score(later)) then
  return redis.error_reply('ERR an argument is no score: prioritized later')
end
local set, rank, kept = string.match(groupPlace, drain_place.pattern)
set, rank, kept = tonumber(set), tonumber(rank), tonumber(kept)
if not kept then
  return redis.error_reply('ERR an argument is no place: groupPlace')
end
local t = server_time(now)
local removed, looked, call = 0, 0, { events = new_events(), drains = true }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'seq', 'groups')
if begun == 0 then
  left = redis.call('LLEN', q.waiting)
  -- A queue that never gave an order number has no jobs but in its plain list.
  if left == 0 and not meta[3] then
    return { 0, 0, 0, 0, 0, prioritized, later, groupPlace }
  end
  begun = count_up(q.meta, 'seq', 1)
end

local function was_let_run(id)
  local since = try_field(q, id, 'since')
  return type(since) == 'string' and (tonumber(since) or 0) > begun
end

-- Where all are those of schedulers, one look at each does.
local function stays(id)
  return is_pending(q, id) or was_let_run(id)
end

-- The order number is in the lower half of a score, see `place`.
local function is_newer(id, score)
  return math.abs(tonumber(score) % 2 ^ 32 - 2 ^ 31) > begun or is_pending(q, id)
end

local function drop(state, ids)
  forget_dedup(q, ids)
  leave_parents(q, call, ids)
  erase(q, ids)
  emit_removed(call.events, state, ids)
  removed = removed + #ids
end

-- Parents that have been let run, and what schedulers bring next, go behind those that are still to be removed.
local function drop_plain()
  local older, newer = {}, {}
  for _, id in ipairs(take_first(q, 'waiting', math.min(DRAIN_CAP, left))) do
    local ids = stays(id) and newer or older
    ids[#ids + 1] = id
  end
  send('RPUSH', q.waiting, newer)
  drop('waiting', older)
  looked, left = #older + #newer, left - #older
  passed = #older > 0 and #newer or passed + #newer
  if passed >= redis.call('LLEN', q.waiting) then
    left = 0
  end
end

-- Returns the score behind which to go on.
local function drop_sorted(state, after, is_kept)
  local most = DRAIN_CAP - looked
  local found = most > 0
      and redis.call('ZRANGEBYSCORE', q[state], '(' .. after, '+inf', 'WITHSCORES', 'LIMIT', 0, most)
    or {}
  local ids = {}
  for i = 1, #found, 2 do
    if not is_kept(found[i], found[i + 1]) then
      ids[#ids + 1] = found[i]
    end
  end
  send('ZREM', q[state], ids)
  drop(state, ids)
  looked = looked + #found / 2
  return found[#found] or after
end

-- Of those that wait for a limit, too: they are in the order of their turns.
local function drop_parked()
  local most = DRAIN_CAP - looked
  local found = most > 0 and redis.call('ZRANGE', q.limited, 0, most - 1, 'WITHSCORES') or {}
  local ids = { waiting = {}, prioritized = {} }
  for i = 1, #found, 2 do
    if not is_newer(found[i], found[i + 1]) and not was_let_run(found[i]) then
      local list = tonumber(found[i + 1]) < 2 ^ 32 and ids.waiting or ids.prioritized
      list[#list + 1] = found[i]
    end
  end
  for state, list in pairs(ids) do
    unpark(q, list)
    drop(state, list)
    looked = looked + #list
  end
end

-- Of those in groups, one group after the other.
local function drop_grouped()
  local statuses = grouped().group_statuses()
  while looked < DRAIN_CAP and statuses[set] do
    local key = q.groups .. statuses[set]
    local group = redis.call('ZRANGE', key, rank, rank)[1]
    if not group then
      set, rank, kept = set + 1, 0, 0
    else
      local most = DRAIN_CAP - looked
      local found, ids = redis.call('ZRANGE', q.grouped .. group, kept, kept + most - 1, 'WITHSCORES'), {}
      for i = 1, #found, 2 do
        if not is_newer(found[i], found[i + 1]) and not was_let_run(found[i]) then
          ids[#ids + 1] = found[i]
        end
      end
      grouped().leave_groups(q, ids)
      drop('waiting', ids)
      looked, kept = looked + math.max(#found / 2, 1), kept + #found / 2 - #ids
      if #found / 2 < most then
        rank, kept = rank + (redis.call('ZSCORE', key, group) and 1 or 0), 0
      end
    end
  end
end

drop_plain()
drop_parked()
if meta[4] then
  drop_grouped()
end
prioritized = drop_sorted('prioritized', prioritized, is_newer)
if delayed == 1 then
  later = drop_sorted('delayed', later, stays)
end
settle_and_wake(q, call, t, meta[1])
write_outbox(q, call, t)
publish(q.events, call.events, meta[2])
return { removed, looked, begun, left, passed, prioritized, later, string.format(drain_place.format, set, rank, kept) }
