-- A fixed window: it opens at the first start and allows `max` starts until it ends. Kept as a deadline and its length, see
-- `time_left`. The key's own expiry only sweeps up.
-- `closed_until` is a deadline set by hand and its length; it counts even for workers without a limit of their own.
local function read_limit(q, max, duration, closed_until, now)
  local closed = closed_for(closed_until, now)
  if closed > 0 then
    return { left = 0, count = 0, ends = now + closed }
  elseif max == 0 then
    return { left = math.huge, count = 0, ends = now }
  end
  local stored = redis.call('HMGET', q.limiter, 'count', 'until', 'length')
  local left = time_left(stored[2], stored[3], now)
  if left == 0 then
    return { left = max, count = 0, ends = now + duration, length = duration }
  end
  return { left = math.max(max - stored[1], 0), count = tonumber(stored[1]), ends = now + left, length = stored[3] or duration }
end

local function count_starts(q, limit, started, now)
  redis.call('HSET', q.limiter, 'count', limit.count + started, 'until', limit.ends, 'length', limit.length)
  redis.call('PEXPIRE', q.limiter, expiry(math.max(limit.ends - now, 1)))
end
