--- Has the ends of jobs counted from now on.
-- @key meta
-- @arg points int       how many points of a minute to keep for completed jobs, and for failed ones
-- @word ok
-- @cost O(1)

redis.call('HSET', q.meta, 'metrics', points)
return 'ok'
