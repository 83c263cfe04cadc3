local PROMOTE_CAP = 1000

-- Score and id of the delayed job that is due first, or nil.
local function first_due(q)
  local first = redis.call('ZRANGE', q.delayed, 0, 0, 'WITHSCORES')
  if first[1] then
    return math.floor(tonumber(first[2])), first[1]
  end
  return nil
end

-- Moves delayed jobs that are due to the back of where they wait; those of schedulers may be held or dropped instead. Answers
-- when the next one is due, as far as known.
local function promote_due(q, moves, events)
  local due = first_due(q)
  if not due or due > moves.now then
    return due
  end
  local ids = redis.call('ZRANGEBYSCORE', q.delayed, '-inf', '(' .. (moves.now + 1), 'LIMIT', 0, PROMOTE_CAP)
  local found, has_slots = try_fields_of(q, ids, 'state', 'priority', 'scheduler'), false
  for i, id in ipairs(ids) do
    local fields = found[i]
    if fields.err then
      rare().renewed_fields(q, id, fields)
      fields = { 'waiting' }
      found[i] = fields
    end
    if fields[3] then
      has_slots = true
      local may_wait = redis.call('ZSCORE', q.delayed, id)
        and rare().admit_due(q, { moves = moves, events = events }, fields[3], id)
      found[i] = may_wait and fields
    end
  end
  for i, id in ipairs(ids) do
    local fields = found[i]
    -- A slot may have put off, or replaced, another job of these.
    if fields and (not has_slots or redis.call('ZSCORE', q.delayed, id)) then
      local state = place(moves, id, fields[2], false)
      if fields[1] then
        write_state(q, id, state)
      end
      emit(events, 'waiting', id .. '\tdelayed')
    end
  end
  send('ZREM', q.delayed, ids)
  return first_due(q)
end
