-- Ends a run until the job's children have ended. With a `child`, only if that one is still pending.
local function wait_children(q, call, id, token, child, ...)
  local fields = job_fields(q, id, 'state', 'token', 'pending', 'deferred', 'failedChildren')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  local held = held_by_children(q, id, fields[3], fields[5], fields[4])
  if held == 'child-failed' or held == 'cancelled' then
    return held
  elseif not held or (child ~= '' and redis.call('HGET', q.children .. id, child) ~= 'p') then
    return 'no-children'
  end
  local moves = call.moves
  move(moves, 'released', id)
  move(moves, 'waiting-children', id)
  -- A delay that the job has behind it is not to follow the children's end.
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'state', 'waiting-children', 'delay', 0, ...)
  emit(call.events, 'waiting-children', id .. '\tactive')
  return 'ok'
end
