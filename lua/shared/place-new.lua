-- Decides where a new job goes. `spec` is 'delayMs,priority,front,timestamp', '' when none is set.
-- Answers its time of creation and the line of its event.
local function place_new(q, moves, id, spec, body)
  local event = id .. '\t' .. string.sub(body, 1, string.find(body, '\n', 1, true) - 1)
  if spec == '' then
    moves.back[#moves.back + 1] = id
    return moves.stamp, event
  end
  local delay, priority, front, timestamp = string.match(spec, '^(%d*),(%d*),(1?),(%d*)$')
  local created = timestamp ~= '' and timestamp or moves.stamp
  local due = (tonumber(delay) or 0) > 0 and created + delay or 0
  local state
  if due > moves.now then
    moves.delayed[#moves.delayed + 1] = { id = id, due = due }
    state = 'delayed'
    event = event .. '\t' .. due
  else
    state = place(moves, id, priority ~= '' and priority or nil, front == '1')
  end
  if priority ~= '' then
    redis.call('HSET', q.job .. id, 'state', state, 'priority', priority)
  end
  return created, event
end
