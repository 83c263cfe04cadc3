-- @with queue_limit
local MOST_LIMITS = 1000

local function write_queue_limit(q, limit)
  local function shown_number(number)
    return number and string.format('%.0f', number) or ''
  end
  local text = string.format(
    queue_limit.format, shown_number(limit.concurrency), shown_number(limit.max), shown_number(limit.duration),
    limit.named and '1' or ''
  )
  if text == ',,,' then
    redis.call('HDEL', q.meta, 'limits')
  else
    redis.call('HSET', q.meta, 'limits', text)
  end
end

local function mark_named(q, named)
  local own = read_queue_limit(redis.call('HGET', q.meta, 'limits'))
  if own.named ~= named then
    own.named = named
    write_queue_limit(q, own)
  end
end

-- When jobs that are parked at a limit may be let go: a score of `limits`.
local function look_at(q, name, opens)
  redis.call('ZADD', q.limits, opens == math.huge and 'inf' or string.format('%.0f', opens), name)
end

-- A limit that nobody has defined: it is visible among them, and lets no job through.
local function begin_awaited(q, name)
  redis.call('UNLINK', q.limit .. name)
  redis.call('HSET', q.limit .. name, 'running', 0, 'awaited', 1)
  look_at(q, name, math.huge)
end

-- Names that a job waits for, although there is no such limit.
local function await_limits(q, moves, names)
  local known = moves.known_limits or {}
  moves.known_limits = known
  if known[names] then
    return
  end
  known[names] = true
  for name in string.gmatch(names, '[^,]+') do
    -- One that was removed may be listed still, for those that are parked there.
    if redis.call('EXISTS', q.limit .. name) == 0 then
      begin_awaited(q, name)
      mark_named(q, true)
    end
  end
end
