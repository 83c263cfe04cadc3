-- One marker wakes one idle worker; the worker that finds more than it can take leaves the marker for the next.
local function wake_one(q)
  redis.call('ZADD', q.wake, '0', '1')
end

-- A worker must learn of a delayed job too: it may be the first one due. Jobs that are due go on to wait also in a paused
-- queue, and it is a worker's call that moves them.
local function wake_for(q, moves, paused)
  if moves.delayed or (placed_any(moves) and not paused) then
    wake_one(q)
  end
end

local function has_runnable(q)
  return redis.call('LLEN', q.waiting) > 0 or redis.call('ZCARD', q.prioritized) > 0
end

-- Also what a limit does not let start, and what waits in groups.
local function has_waiting(q)
  return has_runnable(q) or redis.call('EXISTS', q.limited) == 1
    or (tonumber(redis.call('HGET', q.meta, 'groups') or '') or 0) > 0
end
