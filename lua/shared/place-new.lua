-- Decides where a new job goes; `asked` is nil for a job that asks for nothing.
-- Returns its time of creation and the line of its event.
local function place_new(q, moves, id, asked, body)
  local event = id .. '\t' .. string.match(body, '^[^\n]*')
  if not asked then
    move(moves, 'back', id)
    return moves.stamp, event
  end
  local created = asked.timestamp or moves.stamp
  local due = asked.delay > 0 and created + asked.delay or 0
  local state
  if due > moves.now then
    move(moves, 'delayed', { id = id, due = due })
    state = 'delayed'
    event = event .. '\t' .. due
  else
    state = place(moves, id, asked.priority, asked.front)
  end
  if asked.priority then
    redis.call('HSET', q.job .. id, 'state', state, 'priority', asked.priority)
  end
  if asked.limits then
    redis.call('HSET', q.job .. id, 'state', state, 'limits', asked.limits)
    asked.await(q, moves, asked.limits)
  end
  if asked.dedup then
    redis.call('HSET', q.job .. id, 'state', state, 'dedup', asked.dedup.id)
  end
  if asked.parent then
    redis.call('HSET', q.job .. id, 'state', state, 'parent', asked.parent)
  end
  return created, event
end

-- Stores one new job at once, for scripts that add few.
local function store_new(q, call, id, asked, body)
  local created, event = place_new(q, call.moves, id, asked, body)
  redis.call('SET', q.body .. id, created .. '\n' .. body)
  emit(call.events, 'added', event)
end

local function next_number(q)
  return string.format('%.0f', count_up(q.meta, 'id', 1))
end
