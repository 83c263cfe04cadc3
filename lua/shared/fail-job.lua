local function fail_job(q, call, id, token, reason, stack, keep, exhausted, ...)
  local fields = job_fields(q, id, 'state', 'token', 'attemptsMade', 'dedup', 'parent', 'deferred', 'cancelled')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  as_hash(q, id)
  local attempts_made = incremented(fields[3])
  if fields[6] then
    redis.call('HDEL', q.job .. id, 'deferred')
  end
  if fields[7] then
    reason, exhausted = string.sub(fields[7], 2), ''
  end
  local kept =
    finish_job(q, call, id, 'failed', fields[4], attempts_made, keep, 'failedReason', reason, 'stack', stack, ...)
  emit(call.events, 'failed', id .. '\t' .. shown(reason))
  if fields[7] then
    emit(call.events, 'cancelled', id .. '\t' .. shown(reason))
  end
  if exhausted == '1' then
    emit(call.events, 'retries-exhausted', id .. '\t' .. attempts_made)
  end
  local link = fields[5]
  if link then
    -- Nobody could retry or remove a job that is gone: without a policy, that is its end.
    local is_gone = not kept and string.sub(link, 1, 1) == '-'
    notify_parent(q, call, link, id, is_gone and 'r' or 'f', is_gone and '' or reason)
  end
  return 'ok'
end
