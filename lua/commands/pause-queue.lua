--- Stops the starting of jobs, or lets it go on.
-- @key meta events wake
-- @arg paused int       1 to pause, 0 to resume
-- @word ok
-- @word unchanged -- when the queue was so already
-- @cost O(1)
-- @use count-up events wake

local events = new_events()
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
if (paused == 1) == (meta[1] ~= false) then
  return 'unchanged'
end
if paused == 1 then
  redis.call('HSET', q.meta, 'paused', 1)
  emit(events, 'paused', '')
else
  -- Readers look for the field itself, whatever its value.
  redis.call('HDEL', q.meta, 'paused')
  emit(events, 'resumed', '')
  wake_one(q)
end
publish(q.events, events, meta[2])
return 'ok'
