-- A finished job keeps its last token, so that late data writes of its own run still pass and all others fail.
local function finish_job(q, call, id, state, dedup_id, attempts_made, keep, ...)
  local moves = call.moves
  if dedup_id then
    release_dedup(q, call, dedup_id, id)
  end
  moves.released[#moves.released + 1] = id
  local policy = read_policy(call.policies, q[state], keep)
  if policy.count == 0 then
    erase(q, { id })
    return
  end
  redis.call('HSET', q.job .. id, 'state', state, 'finishedOn', moves.stamp, 'attemptsMade', attempts_made, ...)
  local list = moves[state]
  list[#list + 1] = id
end

local function complete_job(q, call, id, token, result, keep)
  local fields = redis.call('HMGET', q.job .. id, 'state', 'token', 'attemptsMade', 'dedup')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  finish_job(q, call, id, 'completed', fields[4], one_more(fields[3]), keep, 'result', result)
  emit(call.events, 'completed', id .. '\t' .. shown(result))
  return 'ok'
end

local function fail_job(q, call, id, token, reason, stack, keep, exhausted)
  local fields = redis.call('HMGET', q.job .. id, 'state', 'token', 'attemptsMade', 'dedup')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  local attempts_made = one_more(fields[3])
  finish_job(q, call, id, 'failed', fields[4], attempts_made, keep, 'failedReason', reason, 'stack', stack)
  emit(call.events, 'failed', id .. '\t' .. shown(reason))
  if exhausted == '1' then
    emit(call.events, 'retries-exhausted', id .. '\t' .. attempts_made)
  end
  return 'ok'
end
