-- A limit says how many jobs may run at a time, and how many may start in a window. The queue's own one is a text in `meta`,
-- see `queue_limit`, parts empty where there is none, so that a call of a queue without limits reads one
-- field more and no key. `named` is 1 while there are limits that jobs name. Each of those is a hash, `limit:<name>`, and
-- a member of `limits`, scored by when jobs that are parked at it may be let go: 0 at once, inf as long as nothing changes.
-- @inner queue_limit {concurrency:int?},{max:int?},{duration:int?},{named:flag?}
local function read_queue_limit(text)
  local concurrency, max, duration, named = string.match(text or ',,,', queue_limit.pattern)
  return {
    concurrency = tonumber(concurrency), max = tonumber(max), duration = tonumber(duration), named = named == '1',
  }
end

-- One that queues share has the field `lent`: what this queue may use of it, see `read_lease`.
local LIMIT_FIELDS = { 'running', 'concurrency', 'max', 'duration', 'paused', 'awaited', 'count', 'until', 'length' }
local LENT = #LIMIT_FIELDS + 1

-- The lease's number, how many places until when (and how long that was), how many starts in the window that ends at `until` of the
-- limit, and the name of that window. Nil for a text that is none.
-- @inner lease {number:int},{places:int},{ends:int},{length:int},{starts:int},{window:int}
local function read_lease(text)
  local number, places, ends, length, starts, window = string.match(text, lease.pattern)
  return number and {
    number = tonumber(number), places = tonumber(places), ends = tonumber(ends), length = tonumber(length),
    starts = tonumber(starts), window = tonumber(window),
  }
end

-- What is stored of a limit. One that was changed from outside, so that it cannot be read, is as one that nobody has defined:
-- what names it waits until it is set again. Returns the fields, and whether it is such a one.
local function limit_fields(q, name)
  local stored = redis.pcall(
    'HMGET', q.limit .. name, 'running', 'concurrency', 'max', 'duration', 'paused', 'awaited', 'count', 'until', 'length', 'lent'
  )
  local is_lost = stored.err ~= nil
  local f = {}
  for i, field in ipairs(LIMIT_FIELDS) do
    local text = not is_lost and stored[i] or nil
    f[field] = tonumber(text)
    is_lost = is_lost or (text and not f[field])
  end
  if not is_lost and stored[LENT] then
    f.lent = read_lease(stored[LENT])
    is_lost = not f.lent
  end
  return is_lost and { running = 0, awaited = 1 } or f, is_lost
end

-- When a limit that lets nobody start does so by itself.
local function opens_at(limit)
  if limit.paused or limit.awaited or (limit.concurrency and limit.running >= limit.concurrency) then
    return math.huge
  elseif limit.lent and limit.room < 1 then
    -- By another lease.
    return math.huge
  end
  return limit.max and limit.count >= limit.max and limit.ends or 0
end

local function room_in(limit)
  if limit.paused or limit.awaited then
    return 0
  end
  local places = limit.concurrency and limit.concurrency - limit.running or math.huge
  return math.min(places, limit.max and limit.max - limit.count or math.huge)
end

-- A limit as it is now: `room` says how many more jobs may start. A name without a limit limits nothing, but for one that jobs
-- wait for (`awaited`).
local function read_limit_named(q, name, now)
  local f, is_lost = limit_fields(q, name)
  local limit = {
    name = name, exists = f.running ~= nil, is_lost = is_lost, running = f.running or 0, concurrency = f.concurrency,
    max = f.max, duration = f.duration or 0, paused = f.paused ~= nil, awaited = f.awaited ~= nil, count = 0,
  }
  if f.lent then
    limit.lent, limit.whole_concurrency, limit.whole_max = f.lent, f.concurrency, f.max
    limit.concurrency = f.concurrency and (time_left(f.lent.ends, f.lent.length, now) > 0 and f.lent.places or 0)
    limit.max = f.max and (time_left(f['until'], f.length, now) > 0 and f.lent.starts or 0)
  end
  if limit.max then
    local left = time_left(f['until'], f.length, now)
    limit.count = left > 0 and f.count or 0
    limit.ends = left > 0 and now + left or now + limit.duration
    limit.length = left > 0 and f.length or limit.duration
  end
  limit.room = room_in(limit)
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
    local record = redis.pcall('HMGET', q.limit .. name, 'running', 'awaited')
    if record.err or not record[1] or record[2] then
      return name
    end
  end
  known[names] = true
  return nil
end
