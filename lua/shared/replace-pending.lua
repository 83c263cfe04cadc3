-- Takes the job that is to come out of where it waits, so that another one, or none, takes its place. Returns the state it was in;
-- nil, and leaves it alone, where it does not wait or `only` is another state. There is no event for it.
local function replace_pending(q, call, id, only)
  local state = id ~= '' and state_of(q, id) or nil
  if state ~= 'delayed' and state ~= 'waiting' and state ~= 'prioritized' or (only and state ~= only) then
    return nil
  end
  take_out(q, id, state)
  end_dedup(q, call, { id })
  erase(q, { id })
  return state
end

-- Removes a scheduler, and its next job where that is delayed.
local function remove_scheduler(q, call, s)
  if replace_pending(q, call, s.job, 'delayed') then
    emit(call.events, 'removed', s.job .. '\tdelayed')
  end
  redis.call('UNLINK', q.scheduler .. s.id)
  for _, list in ipairs({ 'next', 'unplanned', 'code' }) do
    redis.call('ZREM', q.schedulers .. list, s.id)
  end
end
