--- Sets or lifts what limits a queue as a whole: jobs at a time, or starts a window.
-- @key meta wake notices
-- @arg what text        concurrency or rate
-- @arg most int         jobs at a time, or starts a window; 0 to lift
-- @arg duration int     length of the window in milliseconds; not read for concurrency
-- @word ok
-- @word unchanged -- when it was so already
-- @cost O(1)
-- @use wake limits change-limits notify-workers

if what ~= 'concurrency' and what ~= 'rate' then
  return redis.error_reply('ERR a queue is limited by concurrency or rate')
end
local meta = redis.call('HMGET', q.meta, 'paused', 'limits')
local own = read_queue_limit(meta[2])
local set = most > 0 and most or nil
if what == 'concurrency' then
  if own.concurrency == set then
    return 'unchanged'
  end
  own.concurrency = set
else
  local length = set and math.max(duration, 1) or nil
  if own.max == set and own.duration == length then
    return 'unchanged'
  end
  own.max, own.duration = set, length
end
write_queue_limit(q, own)
limits_changed(q, meta[1])
return 'ok'
