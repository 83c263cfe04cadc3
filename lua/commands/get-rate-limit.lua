--- How many jobs the current window of the rate limit has started, and how long it lasts.
-- @key meta limiter
-- @arg now int          0 for Redis' clock
-- @returns started left_ms:int
-- @reply the count, or closed when the window was closed by hand; the milliseconds left, 0 when there is no window
-- @cost O(1)
-- @use server-time time-left

local t = server_time(now)
local closed = closed_for(redis.call('HGET', q.meta, 'closedUntil'), t)
if closed > 0 then
  return { 'closed', closed }
end
local stored = redis.call('HMGET', q.limiter, 'count', 'until', 'length')
local left = time_left(stored[2], stored[3], t)
if left == 0 then
  return { '0', 0 }
end
return { stored[1], left }
