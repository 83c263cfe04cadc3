local function fail_job(q, call, id, token, reason, stack, keep, exhausted, ...)
  local fields = redis.call('HMGET', q.job .. id, 'state', 'token', 'attemptsMade', 'dedup')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  local attempts_made = one_more(fields[3])
  finish_job(q, call, id, 'failed', fields[4], attempts_made, keep, 'failedReason', reason, 'stack', stack, ...)
  emit(call.events, 'failed', id .. '\t' .. shown(reason))
  if exhausted == '1' then
    emit(call.events, 'retries-exhausted', id .. '\t' .. attempts_made)
  end
  return 'ok'
end
