--- Which job a deduplication protects.
-- @key meta
-- @derives dedup
-- @arg now int          0 for Redis' clock
-- @arg id text          of the deduplication
-- @value text
-- @reply the id of the job, '' when there is none
-- @cost O(1)
-- @use server-time

local stored = redis.call('HMGET', q.dedup .. id, 'owner', 'until')
if not stored[1] or (stored[2] and tonumber(stored[2]) <= server_time(now)) then
  return ''
end
return stored[1]
