-- Ends a run until the job's children have ended. With a `child`, only if that one is still pending.
local function wait_children(q, call, id, token, child)
  local fields = redis.call('HMGET', q.job .. id, 'state', 'token', 'pending', 'deferred', 'failedChildren')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  if fields[4] or (fields[5] and fields[5] ~= '0') then
    return 'child-failed'
  end
  local is_pending = fields[3] and fields[3] ~= '0'
  if is_pending and child ~= '' then
    is_pending = redis.call('HGET', q.children .. id, child) == 'p'
  end
  if not is_pending then
    return 'no-children'
  end
  local moves = call.moves
  move(moves, 'released', id)
  move(moves, 'waiting-children', id)
  -- A delay that the job has behind it is not to follow the children's end.
  redis.call('HSET', q.job .. id, 'state', 'waiting-children', 'delay', 0)
  emit(call.events, 'waiting-children', id .. '\tactive')
  return 'ok'
end
