-- `holders` has for each active job that counts in limits their names. Jobs that are no longer active give their places
-- back, whatever became of them: who is parked there may be let go. Answers whether somebody may.
local function free_limits(q, ids)
  local by_names, freed, held = {}, {}, {}
  for first = 1, #ids, MAX_VALUES do
    local slice = { unpack(ids, first, math.min(first + MAX_VALUES - 1, #ids)) }
    for i, names in ipairs(redis.call('HMGET', q.holders, unpack(slice))) do
      if names then
        held[#held + 1] = slice[i]
        by_names[names] = (by_names[names] or 0) + 1
      end
    end
  end
  if #held == 0 then
    return false
  end
  send('HDEL', q.holders, held)
  for names, count in pairs(by_names) do
    for name in string.gmatch(names, '[^,]+') do
      freed[name] = (freed[name] or 0) + count
    end
  end
  local opened = false
  for name, count in pairs(freed) do
    if redis.call('HEXISTS', q.limit .. name, 'running') == 1 then
      redis.call('HINCRBY', q.limit .. name, 'running', -count)
      if redis.call('EXISTS', q.parked .. name) == 1 then
        redis.call('ZADD', q.limits, 0, name)
        opened = true
      end
    end
  end
  return opened
end

-- Places in limits and in groups.
local function free_places(q, ids)
  if #ids == 0 then
    return false
  end
  local opened = rare().free_groups(q, ids)
  return free_limits(q, ids) or opened
end

-- Takes jobs that wait for a limit out of where they are parked.
local function unpark(q, ids)
  for _, id in ipairs(ids) do
    local name = redis.call('HGET', q.job .. id, 'limitedBy')
    if name then
      redis.call('ZREM', q.parked .. name, id)
      redis.call('HDEL', q.job .. id, 'limitedBy')
    end
  end
  send('ZREM', q.limited, ids)
end
