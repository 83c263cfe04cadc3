--- Removes jobs that wait for a worker, and delayed ones when asked, in slices. Repeat it with what it returns until it
-- removes none. Parents that wait for children stay; one that comes to wait because the draining lets it go is not one
-- of the jobs that waited, and stays too. Each job that goes is told of.
-- @key meta waiting prioritized delayed waiting-children events wake outbox fences limits limited holders
-- @derives job body logs dedup children posted limit parked
-- @arg delayed int      1 to remove delayed jobs as well
-- @arg upto int         order number from which on prioritized jobs are newer than the draining, 0 at the first slice
-- @arg left int         how many of the plain list are left to remove; not read at the first slice
-- @reply how many were removed, and both numbers for the next slice
-- @cost O(K log N) for K jobs, 1000 at most
-- @use server-time send events tell-removed moves wake state-of free-places take-out erase forget-dedup post
-- @use tell-parent leave-parents
-- @use take-delayed let-through children settle-child settle-here

local DRAIN_CAP = 1000
local t = server_time(0)
local removed, call = 0, { events = new_events(), drains = true }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'seq')
if upto == 0 then
  upto, left = (tonumber(meta[3]) or 0) + 1, redis.call('LLEN', q.waiting)
end

-- The order number is in the lower half of a score, see `place`.
local function take_older(most)
  local found = most > 0 and redis.call('ZRANGE', q.prioritized, 0, most - 1, 'WITHSCORES') or {}
  local ids = {}
  for i = 1, #found, 2 do
    if math.abs(tonumber(found[i + 1]) % 2 ^ 32 - 2 ^ 31) < upto then
      ids[#ids + 1] = found[i]
    end
  end
  send('ZREM', q.prioritized, ids)
  return ids
end

-- So is that of a job that waits for a limit.
local function take_parked(most)
  local found = redis.call('ZRANGE', q.limited, 0, most - 1, 'WITHSCORES')
  local ids = { waiting = {}, prioritized = {} }
  local all = {}
  for i = 1, #found, 2 do
    local score = tonumber(found[i + 1])
    if math.abs(score % 2 ^ 32 - 2 ^ 31) < upto then
      local state = score < 2 ^ 32 and 'waiting' or 'prioritized'
      ids[state][#ids[state] + 1] = found[i]
      all[#all + 1] = found[i]
    end
  end
  unpark(q, all)
  return ids
end

local function drop(state, ids)
  forget_dedup(q, ids)
  leave_parents(q, call, ids)
  erase(q, ids)
  tell_removed(call.events, state, ids)
  removed = removed + #ids
end

local plain = take_first(q, 'waiting', math.min(DRAIN_CAP, left))
left = left - #plain
drop('waiting', plain)
drop('prioritized', take_older(DRAIN_CAP - removed))
if removed < DRAIN_CAP then
  local parked = take_parked(DRAIN_CAP - removed)
  drop('waiting', parked.waiting)
  drop('prioritized', parked.prioritized)
end
if delayed == 1 then
  drop('delayed', take_first(q, 'delayed', DRAIN_CAP - removed))
end
settle_and_wake(q, call, t, meta[1])
write_outbox(q, call, t)
publish(q.events, call.events, meta[2])
return { removed, upto, left }
