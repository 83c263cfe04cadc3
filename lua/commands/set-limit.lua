--- Sets a limit that jobs may name. One that is there takes the new numbers, and goes on counting; a pause stays.
-- @key meta wake notices limits holders active
-- @derives limit parked job
-- @arg name text
-- @arg concurrency int  jobs at a time, 0 for any number
-- @arg max int          starts a window, 0 for any number
-- @arg duration int     length of the window in milliseconds
-- @arg keep int         1 to leave a limit alone that is there
-- @arg shared int       1 for one that queues share: it lets nobody start before there is a lease, see take-places
-- @word ok unchanged
-- @word too-many -- where the queue has as many as it may
-- @cost O(1), for a new limit O(N) for N active jobs
-- @use job-record send wake limits change-limits notify-workers

local key = q.limit .. name
local stored, is_lost = limit_fields(q, name)
local is_new = is_lost or not stored.running
local window = max > 0 and math.max(duration, 1) or 0

if not is_new and not stored.awaited then
  local is_same = (stored.concurrency or 0) == concurrency and (stored.max or 0) == max and (stored.duration or 0) == window
  is_same = is_same and (stored.lent ~= nil) == (shared == 1)
  if keep == 1 or is_same then
    return 'unchanged'
  end
elseif is_new and not is_lost and redis.call('ZCARD', q.limits) >= MOST_LIMITS then
  return 'too-many'
end

-- Jobs that started before there was such a limit count in it. Places are noted only while a queue has limits, so those of all
-- active jobs are noted now. Returns how many of them name the limit.
local function count_holders()
  local running, held = 0, {}
  for _, id in ipairs(redis.call('ZRANGE', q.active, 0, -1)) do
    local names = try_field(q, id, 'limits')
    if type(names) == 'string' then
      held[#held + 1] = id
      held[#held + 1] = names
      if string.find(',' .. names .. ',', ',' .. name .. ',', 1, true) then
        running = running + 1
      end
    end
  end
  send('HSET', q.holders, held)
  return running
end

if is_new then
  redis.call('UNLINK', key)
end
redis.call('HDEL', key, 'awaited', 'concurrency', 'max', 'duration')
if is_new or stored.awaited then
  redis.call('HSET', key, 'running', count_holders())
end
if concurrency > 0 then
  redis.call('HSET', key, 'concurrency', string.format('%.0f', concurrency))
end
if max > 0 then
  redis.call('HSET', key, 'max', string.format('%.0f', max), 'duration', string.format('%.0f', window))
else
  redis.call('HDEL', key, 'count', 'until', 'length')
end
if shared == 1 and (is_new or not stored.lent) then
  redis.call('HSET', key, 'lent', '0,0,0,0,0,0')
elseif shared == 0 then
  redis.call('HDEL', key, 'lent')
end
look_at(q, name, redis.call('EXISTS', q.parked .. name) == 1 and 0 or math.huge)
mark_named(q, true)
limits_changed(q, redis.call('HGET', q.meta, 'paused'))
return 'ok'
