-- A finished job keeps its last token, so that late data writes of its own run still pass and all others fail.
-- Returns whether the job is kept.
local function finish_job(q, call, id, state, dedup_id, attempts_made, keep, ...)
  local moves = call.moves
  if dedup_id then
    rare().release_dedup(q, call, dedup_id, id)
  end
  move(moves, 'released', id)
  local policy = read_policy(call.policies, q[state], keep)
  if policy.none then
    erase(q, { id })
    return false
  end
  redis.call('HSET', q.job .. id, 'state', state, 'finishedOn', moves.stamp, 'attemptsMade', attempts_made, ...)
  move(moves, state, id)
  return true
end

-- Why a job may not complete, nil when it may: it was cancelled, or what its children have come to, or have not yet.
local function held_by_children(q, id, pending, failed, deferred)
  if deferred and redis.call('HEXISTS', q.job .. id, 'cancelled') == 1 then
    return 'cancelled'
  elseif deferred or (failed and failed ~= '0') then
    return 'child-failed'
  end
  return pending and pending ~= '0' and 'pending-children' or nil
end

local function complete_job(q, call, id, token, result, keep, ...)
  local fields = hash_fields(
    q, id, 'state', 'token', 'attemptsMade', 'dedup', 'parent', 'pending', 'failedChildren', 'deferred'
  )
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  refused = held_by_children(q, id, fields[6], fields[7], fields[8])
  if refused then
    return refused
  end
  finish_job(q, call, id, 'completed', fields[4], incremented(fields[3]), keep, 'result', result, ...)
  emit(call.events, 'completed', id .. '\t' .. shown(result))
  if fields[5] then
    rare().notify_parent(q, call, fields[5], id, 'c', result)
  end
  return 'ok'
end
