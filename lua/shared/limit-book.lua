-- The limits that a call has to do with, each read once and written once: what ends and what starts in one call is counted
-- here, and often comes to nothing that has to be written.
local function open_book(now)
  return { now = now, limits = {}, lists = {}, visited = {} }
end

local function limit_of(q, book, name)
  local limit = book.limits[name]
  if not limit then
    limit = read_limit_named(q, name, book.now)
    limit.stored_running, limit.stored_count = limit.running, limit.count
    book.limits[name] = limit
  end
  return limit
end

-- The limits that a text names, once a call for each text.
local function limits_of(q, book, names)
  local list = book.lists[names]
  if not list then
    list = {}
    for name in string.gmatch(names, '[^,]+') do
      list[#list + 1] = limit_of(q, book, name)
    end
    book.lists[names] = list
  end
  return list
end

-- The first limit of a job that is closed, nil when all let it start.
local function closed_limit(limits)
  for i = 1, #limits do
    if limits[i].room < 1 then
      return limits[i]
    end
  end
  return nil
end

local function count_start(limits)
  for i = 1, #limits do
    local limit = limits[i]
    limit.running = limit.running + 1
    limit.count = limit.count + 1
    limit.room = room_in(limit)
  end
end

-- As `free_places`, in a call that may start jobs too.
local function count_ends_in(q, book, ids)
  for names, count in pairs(take_holders(q, ids)) do
    for _, limit in ipairs(limits_of(q, book, names)) do
      local was_closed = limit.room < 1
      limit.running = limit.running - count
      limit.room = room_in(limit)
      if was_closed then
        book.visited[limit.name] = limit
      end
    end
  end
  return false
end

-- When the first limit may let somebody go: a score of `limits`, inf for none.
local function first_opening(q, book)
  if not book.opening then
    local first = redis.call('ZRANGE', q.limits, 0, 0, 'WITHSCORES')
    book.opening = tonumber(first[2] or '') or math.huge
  end
  return book.opening
end

-- When those that are parked at a limit may be let go, if there are any.
local function write_score(q, limit)
  if redis.call('EXISTS', q.parked .. limit.name) == 1 then
    look_at(q, limit.name, opens_at(limit))
  elseif limit.exists then
    look_at(q, limit.name, math.huge)
  else
    redis.call('ZREM', q.limits, limit.name)
    return redis.call('EXISTS', q.limits) == 0
  end
  return false
end

-- `visited` are those at which somebody was parked, or let go, or may be now.
local function write_book(q, book)
  local is_last = false
  for name, limit in pairs(book.limits) do
    if limit.is_lost then
      begin_awaited(q, name)
    elseif limit.exists then
      if limit.running ~= limit.stored_running then
        redis.call('HSET', q.limit .. name, 'running', string.format('%.0f', limit.running))
      end
      if limit.max and limit.count ~= limit.stored_count then
        redis.call(
          'HSET', q.limit .. name, 'count', string.format('%.0f', limit.count), 'until', string.format('%.0f', limit.ends),
          'length', string.format('%.0f', limit.length)
        )
      end
    end
  end
  for _, limit in pairs(book.visited) do
    book.opening = nil
    is_last = write_score(q, limit) or is_last
  end
  if is_last then
    redis.call('UNLINK', q.holders)
    mark_named(q, false)
  end
end
