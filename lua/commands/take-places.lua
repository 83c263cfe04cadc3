--- Takes a lease of a limit that queues share: what the queue may use of it until when. A lease that is older than the one here, or over, changes nothing.
-- @key meta wake limits
-- @derives limit parked
-- @arg now int          0 for Redis' clock
-- @arg name text
-- @arg number int       of the lease, from lend-places
-- @arg places int
-- @arg since int        the time here before it was asked for: so it ends here before it does where it was lent
-- @arg length int       for how long it was asked for
-- @arg starts int       in the window, besides those that it has in it already
-- @arg window int       name of that window, 0 for none
-- @arg left int         ms that were left of the window
-- @arg concurrency int  of the whole limit, 0 for none; so are those that follow
-- @arg max int
-- @arg duration int
-- @arg paused int       1 when it lets nobody start
-- @with lease
-- @word ok unchanged
-- @word missing -- where the queue shares no such limit
-- @cost O(log N)
-- @use server-time time-left wake limits change-limits

local t = server_time(now)
local key = q.limit .. name
local text = redis.pcall('HGET', key, 'lent')
local known = type(text) == 'string' and read_lease(text)
if not known then
  return 'missing'
elseif number <= known.number or since > t or since + length <= t then
  return 'unchanged'
end

local is_same_window = window ~= 0 and window == known.window
local has_starts = (is_same_window and known.starts or 0) + starts
redis.call(
  'HSET', key, 'lent', string.format(lease.format, number, places, since + length, length, has_starts, window)
)
if max > 0 and window ~= 0 and not is_same_window then
  redis.call(
    'HSET', key, 'count', 0, 'until', string.format('%.0f', since + left), 'length', string.format('%.0f', math.max(left, 1))
  )
end
for field, number_of in pairs({ concurrency = concurrency, max = max, duration = duration, paused = paused }) do
  if number_of > 0 then
    redis.call('HSET', key, field, string.format('%.0f', number_of))
  else
    redis.call('HDEL', key, field)
  end
end
if read_limit_named(q, name, t).room >= 1 and redis.call('EXISTS', q.parked .. name) == 1 then
  look_at(q, name, 0)
  if redis.call('HEXISTS', q.meta, 'paused') == 0 then
    wake_one(q)
  end
end
return 'ok'
