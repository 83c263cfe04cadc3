-- `holders` has for each active job that counts in limits their names. Takes jobs out of it, and returns how many had each text.
local function take_holders(q, ids)
  local by_names, held = {}, {}
  for first = 1, #ids, MAX_VALUES do
    local slice = { unpack(ids, first, math.min(first + MAX_VALUES - 1, #ids)) }
    for i, names in ipairs(redis.call('HMGET', q.holders, unpack(slice))) do
      if names then
        held[#held + 1] = slice[i]
        by_names[names] = (by_names[names] or 0) + 1
      end
    end
  end
  send('HDEL', q.holders, held)
  return by_names
end

-- One place of a limit less is taken. Returns whether there is such a limit: what cannot be read is one that begins anew.
local function lower_running(q, name, count)
  local running = redis.pcall('HGET', q.limit .. name, 'running')
  if type(running) ~= 'string' or not tonumber(running) then
    return false
  end
  redis.call('HSET', q.limit .. name, 'running', string.format('%.0f', running - count))
  return true
end

-- Jobs that are no longer active give their places back, in limits and groups, whatever became of them: who is parked there may be let go. Answers
-- whether somebody may.
local function free_places(q, ids)
  if #ids == 0 then
    return false
  end
  local opened, freed = grouped().free_groups(q, ids), {}
  for names, count in pairs(take_holders(q, ids)) do
    for name in string.gmatch(names, '[^,]+') do
      freed[name] = (freed[name] or 0) + count
    end
  end
  for name, count in pairs(freed) do
    if lower_running(q, name, count) and redis.call('EXISTS', q.parked .. name) == 1 then
      redis.call('ZADD', q.limits, 0, name)
      opened = true
    end
  end
  return opened
end

-- Takes jobs that wait for a limit out of where they are parked.
local function unpark(q, ids)
  if #ids > 0 and redis.call('HEXISTS', q.meta, 'groups') == 1 then
    grouped().leave_sideline(q, ids)
  end
  for _, id in ipairs(ids) do
    local name = try_field(q, id, 'limitedBy')
    if type(name) == 'string' then
      redis.call('ZREM', q.parked .. name, id)
      redis.call('HDEL', q.job .. id, 'limitedBy')
    end
  end
  send('ZREM', q.limited, ids)
end
