-- Takes the job that is to come out of where it waits, so that another one, or none, takes its place. Returns the state it was in;
-- nil, and leaves it alone, where it does not wait or `only` is another state. No event tells of it.
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
