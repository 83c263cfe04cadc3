local REPLACED_CAP = 20

-- Notes which definition in code a scheduler has, '' for none, and which ones it has had: those do not come back by themselves,
-- see keep-schedulers.
local function note_origin(q, id, origin, now)
  local key = q.scheduler .. id
  local stored = redis.call('HMGET', key, 'origin', 'replaced')
  if origin == '' then
    redis.call('HDEL', key, 'origin', 'replaced')
    redis.call('ZREM', q.schedulers .. 'code', id)
    return
  end
  redis.call('ZADD', q.schedulers .. 'code', now, id)
  if stored[1] and stored[1] ~= origin then
    local replaced = { stored[1] }
    for each in string.gmatch(stored[2] or '', '[^,]+') do
      if each ~= origin and each ~= stored[1] and #replaced < REPLACED_CAP then
        replaced[#replaced + 1] = each
      end
    end
    redis.call('HSET', key, 'replaced', table.concat(replaced, ','))
  end
  redis.call('HSET', key, 'origin', origin)
end
