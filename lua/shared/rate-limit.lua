-- A fixed window: it opens at the first start and allows `max` starts until it ends. Kept as a deadline that is
-- compared with the call's time; the key's own expiry only sweeps up.
local function read_limit(q, max, duration, now)
  local stored = redis.call('HMGET', q.limiter, 'count', 'until')
  local ends = tonumber(stored[2] or 0)
  if now >= ends then
    return { left = max > 0 and max or math.huge, count = 0, ends = now + duration, wait = 0 }
  end
  -- A window closed by hand counts even for workers without a limit of their own.
  local limit = stored[1] == 'closed' and 0 or (max > 0 and max - stored[1] or math.huge)
  return { left = math.max(limit, 0), count = tonumber(stored[1]) or 0, ends = ends, wait = ends - now }
end

local function count_starts(q, limit, started, now)
  redis.call('HSET', q.limiter, 'count', limit.count + started, 'until', limit.ends)
  redis.call('PEXPIRE', q.limiter, math.max(limit.ends - now, 1))
end
