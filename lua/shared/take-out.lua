-- Ends a job's membership. A state and the key that holds its jobs have one name.
local function take_out(q, id, state)
  if state == 'waiting' then
    redis.call('LREM', q.waiting, 1, id)
  else
    redis.call('ZREM', q[state], id)
  end
end

-- Up to `count` jobs off the front of where they are kept.
local function take_first(q, state, count)
  if count < 1 then
    return {}
  end
  if state == 'waiting' then
    return redis.call('LPOP', q.waiting, count) or {}
  end
  local popped = redis.call('ZPOPMIN', q[state], count)
  local ids = {}
  for i = 1, #popped, 2 do
    ids[#ids + 1] = popped[i]
  end
  return ids
end
