--- Sets a limit that jobs may name. One that is there takes the new numbers, and goes on counting; a pause stays.
-- @key meta wake notices limits holders
-- @derives limit parked
-- @arg name text
-- @arg concurrency int  jobs at a time, 0 for any number
-- @arg max int          starts a window, 0 for any number
-- @arg duration int     length of the window in milliseconds
-- @arg keep int         1 to leave a limit alone that is there
-- @reply ok, unchanged, or too-many where the queue has as many as it may
-- @cost O(1), for a new limit O(N) for N active jobs that count in limits
-- @use send wake limits change-limits notify-workers

local key = q.limit .. name
local record = redis.call('HMGET', key, 'running', 'awaited', 'concurrency', 'max', 'duration')
local is_new = not record[1]
local window = max > 0 and math.max(duration, 1) or 0

local function same(stored, number)
  return (tonumber(stored or '') or 0) == number
end

if not is_new and not record[2] then
  if keep == 1 or (same(record[3], concurrency) and same(record[4], max) and same(record[5], window)) then
    return 'unchanged'
  end
elseif is_new and redis.call('ZCARD', q.limits) >= MOST_LIMITS then
  return 'too-many'
end

-- Jobs that started before there was such a limit count in it.
local function count_holders()
  local running = 0
  local holders = redis.call('HGETALL', q.holders)
  for i = 2, #holders, 2 do
    if string.find(',' .. holders[i] .. ',', ',' .. name .. ',', 1, true) then
      running = running + 1
    end
  end
  return running
end

redis.call('HDEL', key, 'awaited', 'concurrency', 'max', 'duration')
if is_new or record[2] then
  redis.call('HSET', key, 'running', count_holders())
end
if concurrency > 0 then
  redis.call('HSET', key, 'concurrency', string.format('%.0f', concurrency))
end
if max > 0 then
  redis.call('HSET', key, 'max', string.format('%.0f', max), 'duration', string.format('%.0f', window))
else
  redis.call('HDEL', key, 'count', 'until', 'length')
end
look_at(q, name, redis.call('EXISTS', q.parked .. name) == 1 and 0 or math.huge)
mark_named(q, true)
limits_changed(q, redis.call('HGET', q.meta, 'paused'))
return 'ok'
