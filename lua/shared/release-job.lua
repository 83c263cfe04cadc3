-- Ends a run without finishing the job: the job waits again, at once or after a delay.
local function release_job(q, call, id, priority, delay, front, ...)
  local moves = call.moves
  move(moves, 'released', id)
  if redis.call('HEXISTS', q.job .. id, 'cancelled') == 1 then
    -- What was done is undone now, whatever it was to wait for.
    delay, front = 0, true
  end
  if delay > 0 then
    local due = moves.now + delay
    move(moves, 'delayed', { id = id, due = due })
    redis.call('HSET', q.job .. id, 'state', 'delayed', 'delay', delay, ...)
    emit(call.events, 'delayed', id .. '\t' .. due)
  else
    local state = place(moves, id, priority, front)
    redis.call('HSET', q.job .. id, 'state', state, ...)
    emit(call.events, 'waiting', id .. '\tactive')
  end
end

-- A failed attempt with tries left.
local function retry_job(q, call, id, token, reason, stack, delay, front, ...)
  local fields = job_fields(q, id, 'state', 'token', 'attemptsMade', 'priority')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  local pause = whole(delay)
  if not pause then
    return 'unknown'
  end
  as_hash(q, id)
  local attempts_made = incremented(fields[3])
  release_job(
    q, call, id, fields[4], pause, front == '1',
    'attemptsMade', attempts_made, 'failedReason', reason, 'stack', stack, ...
  )
  return 'ok'
end

-- The processor's own wish to go on later: no attempt is counted.
local function postpone_job(q, call, id, token, delay, ...)
  local fields = job_fields(q, id, 'state', 'token', 'priority')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  local pause = whole(delay)
  if not pause then
    return 'unknown'
  end
  as_hash(q, id)
  release_job(q, call, id, fields[3], pause, true, ...)
  return 'ok'
end
