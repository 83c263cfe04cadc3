--- Sets or lifts what limits one group, in place of what its workers say: jobs at a time, or starts a window. Or forgets all that
-- was set for it, a pause too.
-- @key meta wake notices
-- @derives groups group grouped
-- @arg now int          0 for Redis' clock
-- @arg group text
-- @arg what text        concurrency, rate or all
-- @arg most int         jobs at a time, or starts a window; 0 to lift
-- @arg duration int     length of the window in milliseconds; read for a rate alone
-- @word ok
-- @word unchanged -- when it was so already
-- @cost O(log N) for N groups
-- @use server-time send count-up time-left group-records groups wake notify-workers

if what ~= 'concurrency' and what ~= 'rate' and what ~= 'all' then
  return redis.error_reply('ERR a group is limited by concurrency or rate')
end
server_time(now)
local record = read_groups(q, { group })[1]
local set = most > 0 and most or nil
local length = set and math.max(duration, 1) or nil
if what == 'all' then
  if not record.text then
    return 'unchanged'
  end
  record.concurrency, record.max, record.duration, record.paused = nil, nil, nil, nil
  record.count, record.ends, record.length, record.closed, record.closedFor = nil, nil, nil, nil, nil
elseif what == 'concurrency' then
  if record.concurrency == set then
    return 'unchanged'
  end
  record.concurrency = set
else
  if record.max == set and record.duration == length then
    return 'unchanged'
  end
  record.max, record.duration = set, length
end
-- What was closed may be open now: the next fetch sees to it.
local closed = { 'limited', 'maxed', not record.paused and 'paused' or nil }
local was_closed = false
for _, status in ipairs(closed) do
  was_closed = redis.call('ZREM', q.groups .. status, group) == 1 or was_closed
end
if was_closed and has_waiting_jobs(q, record) then
  join_ring(q, { record })
end
if record.concurrency or record.max then
  redis.call('ZADD', q.groups .. 'kept', 0, group)
else
  redis.call('ZREM', q.groups .. 'kept', group)
end
write_groups(q, { record })
limits_changed(q, redis.call('HGET', q.meta, 'paused'))
return 'ok'
