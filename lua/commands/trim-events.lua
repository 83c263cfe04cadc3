--- Cuts the event stream to its newest entries; an entry holds the events of one call.
-- @key meta events
-- @arg max int
-- @value int
-- @reply how many entries were dropped
-- @cost O(K) for K dropped entries

return redis.call('XTRIM', q.events, 'MAXLEN', max)
