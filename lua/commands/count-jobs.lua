--- How many jobs are in each state.
-- @key meta waiting prioritized delayed active completed failed waiting-children limited
-- @returns waiting:int prioritized:int delayed:int active:int completed:int failed:int waiting_children:int paused:yes
-- @reply the number of waiting, prioritized, delayed, active, completed, failed and waiting-children jobs, then 1 when
--        paused, else 0; jobs that a limit does not let start are waiting or prioritized,
--        those in groups waiting
-- @cost O(log N)
-- @use moves

-- Those without a priority are in the first class.
local plain = redis.call('ZCOUNT', q.limited, '-inf', string.format('(%.0f', CLASS_SPAN))
return {
  redis.call('LLEN', q.waiting) + plain + (tonumber(redis.call('HGET', q.meta, 'groups') or '') or 0),
  redis.call('ZCARD', q.prioritized) + redis.call('ZCARD', q.limited) - plain,
  redis.call('ZCARD', q.delayed),
  redis.call('ZCARD', q.active),
  redis.call('ZCARD', q.completed),
  redis.call('ZCARD', q.failed),
  redis.call('ZCARD', q['waiting-children']),
  redis.call('HEXISTS', q.meta, 'paused'),
}
