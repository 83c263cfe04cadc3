-- A limit says how many jobs may run at a time, and how many may start in a window. The queue's own one is a text in `meta`,
-- 'concurrency,max,duration,named', parts empty where there is none, so that a call of a queue without limits reads one
-- field more and no key. `named` is 1 while there are limits that jobs name. Each of those is a hash, `limit:<name>`, and
-- a member of `limits`, scored by when jobs that are parked at it may be let go: 0 at once, inf as long as nothing changes.
local function read_queue_limit(text)
  local concurrency, max, duration, named = string.match(text or ',,,', '^(%d*),(%d*),(%d*),(1?)$')
  return {
    concurrency = tonumber(concurrency), max = tonumber(max), duration = tonumber(duration), named = named == '1',
  }
end

-- A limit as it is now: `room` says how many more jobs may start, `opens` when that changes by itself. A name without a
-- limit limits nothing, but for one that jobs wait for (`awaited`).
local function read_limit_named(q, name, now)
  local f = redis.call(
    'HMGET', q.limit .. name, 'running', 'concurrency', 'max', 'duration', 'paused', 'awaited', 'count', 'until', 'length'
  )
  local limit = {
    name = name, exists = f[1] ~= false, running = tonumber(f[1] or '') or 0, room = math.huge, opens = math.huge,
    concurrency = tonumber(f[2] or ''), max = tonumber(f[3] or ''), duration = tonumber(f[4] or '') or 0,
    paused = f[5] ~= false, awaited = f[6] ~= false, count = 0,
  }
  if limit.max then
    local left = time_left(f[8], f[9], now)
    limit.count = left > 0 and tonumber(f[7] or '') or 0
    limit.ends = left > 0 and now + left or now + limit.duration
    limit.length = left > 0 and tonumber(f[9] or '') or limit.duration
    limit.room = limit.max - limit.count
    if limit.room < 1 then
      limit.opens = limit.ends
    end
  end
  if limit.concurrency and limit.concurrency - limit.running < limit.room then
    limit.room = limit.concurrency - limit.running
  end
  if limit.paused or limit.awaited then
    limit.room = 0
  end
  if limit.paused or limit.awaited or (limit.concurrency and limit.running >= limit.concurrency) then
    limit.opens = math.huge
  end
  return limit
end

-- The first of some names that has no limit, or nil. What has been found of them is kept for this call: many jobs name the
-- same limits.
local function unknown_limit(q, moves, names)
  local known = moves.known_limits or {}
  moves.known_limits = known
  if known[names] then
    return nil
  end
  for name in string.gmatch(names, '[^,]+') do
    local record = redis.call('HMGET', q.limit .. name, 'running', 'awaited')
    if not record[1] or record[2] then
      return name
    end
  end
  known[names] = true
  return nil
end
