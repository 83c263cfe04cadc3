-- A fixed window: it opens at the first start and allows `max` starts until it ends. Kept as a deadline that is
-- compared with the call's time; the key's own expiry only sweeps up.
-- `closed_until` is a deadline set by hand; it counts even for workers without a limit of their own.
local function read_limit(q, max, duration, closed_until, now)
  local closed = tonumber(closed_until or 0)
  if now < closed then
    return { left = 0, count = 0, ends = closed }
  elseif max == 0 then
    return { left = math.huge, count = 0, ends = now }
  end
  local stored = redis.call('HMGET', q.limiter, 'count', 'until')
  local ends = tonumber(stored[2] or 0)
  if now >= ends then
    return { left = max, count = 0, ends = now + duration }
  end
  return { left = math.max(max - stored[1], 0), count = tonumber(stored[1]), ends = ends }
end

local function count_starts(q, limit, started, now)
  redis.call('HSET', q.limiter, 'count', limit.count + started, 'until', limit.ends)
  redis.call('PEXPIRE', q.limiter, math.max(limit.ends - now, 1) + sweep_later)
end
