-- A job that was never started has no stored state: where it is kept is its state. Answers nil for no such job.
local function state_of(q, id)
  local state = redis.call('HGET', q.job .. id, 'state')
  if state then
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
