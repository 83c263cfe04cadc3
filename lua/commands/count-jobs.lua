--- How many jobs are in each state.
-- @key meta waiting prioritized delayed active completed failed waiting-children
-- @reply the number of waiting, prioritized, delayed, active, completed, failed and waiting-children jobs, then 1 when
--        paused, else 0
-- @cost O(1)

return {
  redis.call('LLEN', q.waiting),
  redis.call('ZCARD', q.prioritized),
  redis.call('ZCARD', q.delayed),
  redis.call('ZCARD', q.active),
  redis.call('ZCARD', q.completed),
  redis.call('ZCARD', q.failed),
  redis.call('ZCARD', q['waiting-children']),
  redis.call('HEXISTS', q.meta, 'paused'),
}
