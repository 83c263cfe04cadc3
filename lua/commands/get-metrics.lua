--- How many jobs have ended in each minute.
-- @key meta metrics completed-points failed-points
-- @arg state text       completed or failed
-- @arg start position   first point, the newest being 0; negative from the end
-- @arg stop position    last point
-- @returns count:int minute:int before:int kept:int points:list
-- @reply how many have ended in all, the minute that runs since 1970, how many had ended before it, how many points there
--        are, and those asked for, 100000 at most
-- @cost O(K) for K points

local POINTS_CAP = 100000
if state ~= 'completed' and state ~= 'failed' then
  return redis.error_reply('ERR no such metrics')
end
local known = redis.call('HMGET', q.metrics, state, state .. 'Minute', state .. 'Before')
local key = q[state .. '-points']
local size = redis.call('LLEN', key)
if start < 0 then
  start = math.max(size + start, 0)
end
if stop < 0 then
  stop = size + stop
end
stop = math.min(stop, start + POINTS_CAP - 1)
local points = stop >= start and redis.call('LRANGE', key, start, stop) or {}
return { known[1] or '0', known[2] or '0', known[3] or '0', size, points }
