--- How many jobs the current window of the rate limit has started, and how long it lasts.
-- @key meta limiter
-- @arg now int          0 for Redis' clock
-- @reply the count, or closed when the window was closed by hand; the milliseconds left, 0 when there is no window
-- @cost O(1)
-- @use server-time

local t = server_time(now)
local closed = tonumber(redis.call('HGET', q.meta, 'closedUntil') or 0) - t
if closed > 0 then
  return { 'closed', closed }
end
local stored = redis.call('HMGET', q.limiter, 'count', 'until')
local left = tonumber(stored[2] or 0) - t
if left <= 0 then
  return { '0', 0 }
end
return { stored[1], left }
