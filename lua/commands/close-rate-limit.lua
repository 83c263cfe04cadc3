--- Lets no job start for some time, or lifts the rate limit's current window.
-- @key meta wake limiter notices
-- @arg now int          0 for Redis' clock
-- @arg duration int     milliseconds, 0 to lift
-- @word ok
-- @word unchanged -- when there was nothing to lift
-- @cost O(1)
-- @use server-time wake notify-workers

if duration > 0 then
  redis.call('HSET', q.meta, 'closedUntil', string.format('%.0f,%.0f', server_time(now) + duration, duration))
  return 'ok'
end
if redis.call('UNLINK', q.limiter) + redis.call('HDEL', q.meta, 'closedUntil') == 0 then
  return 'unchanged'
end
limits_changed(q, redis.call('HEXISTS', q.meta, 'paused') == 1)
return 'ok'
