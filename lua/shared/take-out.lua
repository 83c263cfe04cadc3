-- Ends a job's membership. A state and the key that holds its jobs have one name; those that a limit does not let start
-- are parked instead. Returns whether somebody may start who was parked.
local function take_out(q, id, state)
  local waits = state == 'waiting' or state == 'prioritized'
  local fields = waits and try_fields(q, id, 'limitedBy', 'priority') or {}
  if fields[1] then
    unpark(q, { id })
  elseif fields[2] and string.find(fields[2], '@', 1, true) then
    grouped().leave_groups(q, { id })
  elseif state == 'waiting' then
    redis.call('LREM', q.waiting, 1, id)
  else
    redis.call('ZREM', q[state], id)
    if state == 'active' then
      return free_places(q, { id })
    end
  end
  return false
end

-- Up to `count` jobs off the front of where they are kept.
local function take_first(q, state, count)
  if count < 1 then
    return {}
  end
  if state == 'grouped' then
    return grouped().take_grouped(q, count)
  elseif state == 'limited' then
    local ids = redis.call('ZRANGE', q.limited, 0, count - 1)
    unpark(q, ids)
    return ids
  elseif state == 'waiting' then
    return redis.call('LPOP', q.waiting, count) or {}
  end
  local popped = redis.call('ZPOPMIN', q[state], count)
  local ids = {}
  for i = 1, #popped, 2 do
    ids[#ids + 1] = popped[i]
  end
  return ids
end
