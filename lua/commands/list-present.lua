--- Who works on the queue and who reads its events.
-- @key meta present
-- @arg now int          0 for Redis' clock
-- @form present reply[n] who until:int
-- @returns time:int present:present*
-- @reply the time, then who is there, 10000 at most, each with the time until which it counts as such
-- @cost O(N)
-- @use server-time

local PRESENT_CAP = 10000
local t = server_time(now)
local reply = redis.call(
  'ZRANGEBYSCORE', q.present, '(' .. string.format('%.0f', t), '+inf', 'WITHSCORES', 'LIMIT', 0, PRESENT_CAP
)
table.insert(reply, 1, string.format('%.0f', t))
return reply
