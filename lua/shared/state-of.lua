-- Whether a key holds something else than it should, so that Redis refused to read it.
local function is_other(reply)
  local failure = type(reply) == 'table' and reply.err
  if failure and not string.find(failure, 'WRONGTYPE', 1, true) then
    error(failure, 0)
  end
  return failure and true or false
end

-- Where a job is kept whose fields are under a key that holds something else.
local function kept_as(q, id)
  for _, state in ipairs({ 'active', 'waiting-children', 'delayed', 'prioritized', 'completed', 'failed' }) do
    if q[state] and redis.call('ZSCORE', q[state], id) then
      return state
    end
  end
  return 'waiting'
end

-- A job that was never started has no stored state: where it is kept is its state. Returns nil for no such job.
local function state_of(q, id)
  local state = try_field(q, id, 'state')
  if is_other(state) then
    return kept_as(q, id)
  elseif state then
    return state
  end
  if redis.call('EXISTS', q.body .. id) == 0 then
    return nil
  end
  if redis.call('ZSCORE', q.delayed, id) then
    return 'delayed'
  end
  return redis.call('ZSCORE', q.prioritized, id) and 'prioritized' or 'waiting'
end
