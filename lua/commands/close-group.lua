--- Lets no job of one group start for some time.
-- @key meta
-- @derives groups group grouped
-- @arg now int          0 for Redis' clock
-- @arg group text
-- @arg duration int     milliseconds; 0 closes nothing
-- @word ok
-- @cost O(log N) for N groups
-- @use server-time send count-up time-left group-records groups

if duration == 0 then
  return 'ok'
end
local t = server_time(now)
local record = read_groups(q, { group })[1]
local is_longer = duration >= time_left(record.closed, record.closedFor, t)
if is_longer then
  record.closed, record.closedFor = t + duration, duration
  write_groups(q, { record })
end
local key = q.groups .. 'limited'
local opens = tonumber(redis.call('ZSCORE', key, group) or '')
if redis.call('ZREM', q.groups .. 'waiting', group) == 1 or (opens and opens < record.closed) then
  redis.call('ZADD', key, string.format('%.0f', record.closed), group)
end
return 'ok'
