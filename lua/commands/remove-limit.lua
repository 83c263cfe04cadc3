--- Removes a limit: what waits for it may start at once, and what names it is no longer limited by it.
-- @key meta wake notices limits holders
-- @derives limit parked
-- @arg name text
-- @word ok
-- @word missing -- where there is no such limit
-- @cost O(log N)
-- @use wake limits change-limits notify-workers

if redis.call('UNLINK', q.limit .. name) == 0 then
  return 'missing'
end
if redis.call('EXISTS', q.parked .. name) == 1 then
  -- The next fetch finds no limit of that name, and lets them go.
  look_at(q, name, 0)
else
  redis.call('ZREM', q.limits, name)
  if redis.call('EXISTS', q.limits) == 0 then
    redis.call('UNLINK', q.holders)
    mark_named(q, false)
  end
end
limits_changed(q, redis.call('HGET', q.meta, 'paused'))
return 'ok'
