-- A finished job keeps its last token, so that late data writes of its own run still pass and all others fail.
local function finish_job(q, call, id, state, dedup_id, attempts_made, keep, ...)
  local moves = call.moves
  if dedup_id then
    rare().release_dedup(q, call, dedup_id, id)
  end
  move(moves, 'released', id)
  local policy = read_policy(call.policies, q[state], keep)
  if policy.count == 0 then
    erase(q, { id })
    return
  end
  redis.call('HSET', q.job .. id, 'state', state, 'finishedOn', moves.stamp, 'attemptsMade', attempts_made, ...)
  move(moves, state, id)
end

local function complete_job(q, call, id, token, result, keep, ...)
  local fields = redis.call('HMGET', q.job .. id, 'state', 'token', 'attemptsMade', 'dedup')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  finish_job(q, call, id, 'completed', fields[4], one_more(fields[3]), keep, 'result', result, ...)
  emit(call.events, 'completed', id .. '\t' .. shown(result))
  return 'ok'
end
