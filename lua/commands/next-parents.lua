--- Which parents are to be looked after next: some of those that wait for children, in turn. One process has them in an
-- interval, whichever asks first.
-- @key meta waiting-children
-- @arg now int          0 for Redis' clock
-- @arg count int        how many at most, capped at 100
-- @arg interval int     milliseconds for which nobody else is given any
-- @value list
-- @reply their ids
-- @cost O(log N) for N parents
-- @use server-time

local PARENTS_CAP = 100
local t = server_time(now)
if redis.call('EXISTS', q['waiting-children']) == 0 then
  return {}
end
local last, at = string.match(redis.call('HGET', q.meta, 'lookedAfter') or '0,0', '^(%d+),(%d+)$')
last, at = last or '0', at or '0'
if math.abs(t - at) < interval then
  return {}
end
local size = math.min(count, PARENTS_CAP)
local found = redis.call('ZRANGEBYSCORE', q['waiting-children'], '(' .. last, '+inf', 'WITHSCORES', 'LIMIT', 0, size)
local ids = {}
for i = 1, #found, 2 do
  ids[#ids + 1] = found[i]
  last = found[i + 1]
end
-- From the first one on after the last.
last = #ids < size and '0' or last
redis.call('HSET', q.meta, 'lookedAfter', string.format('%.0f,%.0f', last, t))
return ids
