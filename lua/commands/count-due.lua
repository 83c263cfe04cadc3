--- How many delayed jobs are due before a time.
-- @key meta delayed
-- @arg before int       milliseconds since 1970
-- @value int
-- @reply the number
-- @cost O(log N)

return redis.call('ZCOUNT', q.delayed, '-inf', '(' .. string.format('%.0f', before))
