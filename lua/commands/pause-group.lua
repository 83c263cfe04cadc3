--- Stops the starting of jobs of one group, or lets it go on. Jobs that run go on.
-- @key meta events wake notices
-- @derives groups group grouped
-- @arg now int          0 for Redis' clock
-- @arg group text
-- @arg paused int       1 to pause, 0 to resume
-- @word ok
-- @word unchanged -- when the group was so already
-- @cost O(log N) for N groups
-- @use server-time send count-up time-left group-records groups events wake notify-workers

server_time(now)
local record = read_groups(q, { group })[1]
if (paused == 1) == (record.paused ~= nil) then
  return 'unchanged'
end
local events = new_events()
local waits = has_waiting_jobs(q, record)
record.paused = paused == 1 and 1 or nil
if record.paused then
  for _, status in ipairs({ 'waiting', 'limited', 'maxed' }) do
    redis.call('ZREM', q.groups .. status, group)
  end
  redis.call('ZADD', q.groups .. 'paused', waits and 1 or 0, group)
else
  redis.call('ZREM', q.groups .. 'paused', group)
  if waits then
    join_ring(q, { record })
  end
end
write_groups(q, { record })
emit(events, record.paused and 'group-paused' or 'group-resumed', group)
publish(q.events, events, redis.call('HGET', q.meta, 'maxEvents'))
if not record.paused and waits then
  limits_changed(q, redis.call('HGET', q.meta, 'paused'))
end
return 'ok'
