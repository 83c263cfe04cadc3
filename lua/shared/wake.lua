-- One marker wakes one idle worker; the worker that finds more than it can take leaves the marker for the next.
local function wake_one(q)
  redis.call('ZADD', q.wake, 0, '1')
end

local function has_runnable(q)
  return redis.call('LLEN', q.waiting) > 0 or redis.call('ZCARD', q.prioritized) > 0
end
