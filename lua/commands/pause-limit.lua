--- Lets no job start that names a limit, or lets them go on.
-- @key meta wake notices limits
-- @derives limit parked
-- @arg name text
-- @arg paused int       1 to pause, 0 to resume
-- @word ok
-- @word unchanged -- when it was so already
-- @word missing -- where there is no such limit
-- @cost O(log N)
-- @use wake limits change-limits notify-workers

local key = q.limit .. name
local record = redis.pcall('HMGET', key, 'running', 'awaited', 'paused')
if record.err or not record[1] or record[2] then
  return 'missing'
elseif (record[3] ~= false) == (paused == 1) then
  return 'unchanged'
end
if paused == 1 then
  redis.call('HSET', key, 'paused', 1)
else
  redis.call('HDEL', key, 'paused')
  if redis.call('EXISTS', q.parked .. name) == 1 then
    look_at(q, name, 0)
  end
  limits_changed(q, redis.call('HGET', q.meta, 'paused'))
end
return 'ok'
