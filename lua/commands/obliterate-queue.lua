--- Deletes a paused queue with everything in it, in slices. Repeat it while it answers more.
-- What remembers the last call of each writer is left to expire.
-- @key meta waiting prioritized delayed active completed failed events wake limiter
-- @derives job body logs dedup
-- @arg count int        how many jobs at most, capped at 1000
-- @arg force int        1 to delete active jobs as well
-- @reply not-paused, active when there are active jobs, more, or done
-- @cost O(K log N) for K jobs
-- @use send take-out erase forget-dedup

local OBLITERATE_CAP = 1000
if redis.call('HEXISTS', q.meta, 'paused') == 0 then
  return 'not-paused'
end
if force == 0 and redis.call('ZCARD', q.active) > 0 then
  return 'active'
end

local left = math.max(math.min(count, OBLITERATE_CAP), 1)
for _, state in ipairs({ 'waiting', 'prioritized', 'delayed', 'active', 'completed', 'failed' }) do
  local ids = take_first(q, state, left)
  forget_dedup(q, ids)
  erase(q, ids)
  left = left - #ids
end
if left == 0 then
  return 'more'
end
redis.call(
  'UNLINK', q.meta, q.waiting, q.prioritized, q.delayed, q.active, q.completed, q.failed, q.events, q.wake, q.limiter
)
return 'done'
