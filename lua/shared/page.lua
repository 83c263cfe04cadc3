-- Positions from either end, as Redis takes them, made absolute and capped. Returns nil when nothing lies between.
local function page_bounds(size, start, stop, cap)
  start = start < 0 and math.max(size + start, 0) or start
  stop = math.min(stop < 0 and size + stop or stop, size - 1, start + cap - 1)
  if start > stop then
    return nil
  end
  return start, stop
end

local function reversed(list)
  local turned = {}
  for i = #list, 1, -1 do
    turned[#turned + 1] = list[i]
  end
  return turned
end

-- Part of a list, from its front or, counted from there too, from its back.
local function list_page(key, start, stop, descending, cap)
  local size = redis.call('LLEN', key)
  local from, to = page_bounds(size, start, stop, cap)
  if not from then
    return {}
  end
  if not descending then
    return redis.call('LRANGE', key, from, to)
  end
  return reversed(redis.call('LRANGE', key, size - 1 - to, size - 1 - from))
end

local function set_page(key, start, stop, descending, cap)
  local from, to = page_bounds(redis.call('ZCARD', key), start, stop, cap)
  if not from then
    return {}
  end
  return redis.call(descending and 'ZREVRANGE' or 'ZRANGE', key, from, to)
end

-- The same where jobs of the state wait for a limit: they came before the others, and are listed before them.
local function page_with_limited(q, state, start, stop, descending, cap)
  local is_plain = state == 'waiting'
  local span = string.format('%.0f', CLASS_SPAN)
  local low, high = is_plain and '-inf' or span, is_plain and '(' .. span or '+inf'
  local ahead = redis.call('ZCOUNT', q.limited, low, high)
  local behind = redis.call(is_plain and 'LLEN' or 'ZCARD', q[state])
  local from, to = page_bounds(ahead + behind, start, stop, cap)
  local ids = {}
  if not from then
    return ids
  end
  if descending then
    from, to = ahead + behind - 1 - to, ahead + behind - 1 - from
  end
  if from < ahead then
    ids = redis.call('ZRANGEBYSCORE', q.limited, low, high, 'LIMIT', from, math.min(to, ahead - 1) - from + 1)
  end
  if to >= ahead then
    local read = is_plain and 'LRANGE' or 'ZRANGE'
    for _, id in ipairs(redis.call(read, q[state], math.max(from - ahead, 0), to - ahead)) do
      ids[#ids + 1] = id
    end
  end
  return descending and reversed(ids) or ids
end
