--- Notes that somebody works on the queue, or reads its events, until it is noted again.
-- @key meta present
-- @arg now int          0 for Redis' clock
-- @arg who text         names it, and says what else there is to know; the same text each time
-- @arg ttl int          milliseconds until it counts as gone, 0 when it goes now
-- @word ok
-- @cost O(log N)
-- @use server-time

local t = server_time(now)
-- Several at a time, as those who are gone come to nobody's mind.
local gone = redis.call('ZRANGEBYSCORE', q.present, '-inf', string.format('%.0f', t), 'LIMIT', 0, 100)
if gone[1] then
  redis.call('ZREM', q.present, unpack(gone))
end
if ttl == 0 then
  redis.call('ZREM', q.present, who)
else
  redis.call('ZADD', q.present, string.format('%.0f', t + ttl), who)
  redis.call('PEXPIRE', q.present, expiry(ttl + 1000))
end
return 'ok'
