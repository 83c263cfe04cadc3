--- How many jobs the current window of the rate limit has started, and how long it lasts.
-- @key meta limiter
-- @arg now int          0 for Redis' clock
-- @reply the count, or closed when the window was closed by hand; the milliseconds left, 0 when there is no window
-- @cost O(1)
-- @use server-time

local stored = redis.call('HMGET', q.limiter, 'count', 'until')
local left = tonumber(stored[2] or 0) - server_time(now)
if left <= 0 then
  return { '0', 0 }
end
return { stored[1], left }
