--- How many groups there are by their status, and how many jobs wait in them.
-- @key meta
-- @derives groups
-- @returns waiting:int limited:int maxed:int paused:int jobs:int
-- @reply the number of groups that are waiting, limited, maxed and paused, then that of jobs
-- @cost O(1)

return {
  redis.call('ZCARD', q.groups .. 'waiting'), redis.call('ZCARD', q.groups .. 'limited'),
  redis.call('ZCARD', q.groups .. 'maxed'), redis.call('ZCARD', q.groups .. 'paused'),
  tonumber(redis.call('HGET', q.meta, 'groups') or '') or 0,
}
