-- Positions from either end, as Redis takes them, made absolute and capped. Answers nil when nothing lies between.
local function page_bounds(size, start, stop, cap)
  start = start < 0 and math.max(size + start, 0) or start
  stop = math.min(stop < 0 and size + stop or stop, size - 1, start + cap - 1)
  if start > stop then
    return nil
  end
  return start, stop
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
  local values, turned = redis.call('LRANGE', key, size - 1 - to, size - 1 - from), {}
  for i = #values, 1, -1 do
    turned[#turned + 1] = values[i]
  end
  return turned
end

local function set_page(key, start, stop, descending, cap)
  local from, to = page_bounds(redis.call('ZCARD', key), start, stop, cap)
  if not from then
    return {}
  end
  return redis.call(descending and 'ZREVRANGE' or 'ZRANGE', key, from, to)
end
