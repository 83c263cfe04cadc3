--- The ids of schedulers, by their next slot.
-- @key meta
-- @derives schedulers
-- @arg start position   negative from the end
-- @arg stop position    negative from the end
-- @arg descending int   1 to count and list from the end
-- @returns count:int ids*
-- @reply how many there are, then the ids, 1000 at most
-- @cost O(log N + K)
-- @use page

local ids = set_page(q.schedulers .. 'next', start, stop, descending == 1, 1000)
table.insert(ids, 1, redis.call('ZCARD', q.schedulers .. 'next'))
return ids
