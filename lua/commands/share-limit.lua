--- Sets a limit that queues share, at its home: its numbers, or whether it is paused. What is lent stays so until its leases are renewed.
-- @key meta
-- @derives lent
-- @arg name text
-- @arg action text      set; keep, to leave one alone that is there; pause or resume
-- @arg concurrency int  jobs at a time over all queues, 0 for any number
-- @arg max int          starts a window, 0 for any number
-- @arg duration int     length of the window in milliseconds
-- @word ok unchanged
-- @word unknown -- for another action
-- @cost O(1)

local KEEP_MS = 30 * 24 * 3600000
local key = q.lent .. name
if redis.call('TYPE', key).ok ~= 'hash' then
  redis.call('UNLINK', key)
end
local stored = redis.call('HMGET', key, 'concurrency', 'max', 'duration', 'paused')

if action == 'pause' or action == 'resume' then
  if (stored[4] ~= false) == (action == 'pause') then
    return 'unchanged'
  elseif action == 'pause' then
    redis.call('HSET', key, 'paused', 1)
    redis.call('PEXPIRE', key, KEEP_MS)
  else
    redis.call('HDEL', key, 'paused')
  end
  return 'ok'
elseif action ~= 'set' and action ~= 'keep' then
  return 'unknown'
end
local numbers = { string.format('%.0f', concurrency), string.format('%.0f', max), string.format('%.0f', duration) }
local is_same = stored[1] == numbers[1] and stored[2] == numbers[2] and stored[3] == numbers[3]
if is_same or (action == 'keep' and stored[1]) then
  return 'unchanged'
end
redis.call('HSET', key, 'concurrency', numbers[1], 'max', numbers[2], 'duration', numbers[3])
redis.call('PEXPIRE', key, KEEP_MS)
return 'ok'
