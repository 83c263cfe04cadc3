-- What a new job asks for, as its record: a text, or nil where it asks for nothing or the record is a hash, which is written. Children
-- that share what they ask for share that text.
local function record_of(q, id, state, asked)
  local dedup_id, parent = asked.dedup and asked.dedup.id, asked.parent
  if not (asked.priority or asked.limits or dedup_id or parent) then
    return nil
  elseif asked.record and asked.record_state == state then
    return asked.record
  end
  local wanted = (asked.priority or '') .. '\t' .. (asked.limits or '') .. '\t' .. (dedup_id or '')
  local _, tabs = string.gsub(wanted, '\t', '')
  if tabs == 2 and (not parent or string.find(parent, '^[^\t]*\t[^\t]*$')) then
    local record = state .. '\t\t\t\t\t\t\t' .. wanted .. '\t' .. (parent or NO_PARENT) .. '\t'
    if parent then
      asked.record, asked.record_state = record, state
    end
    return record
  end
  local fields = { 'state', state }
  for name, value in pairs({ priority = asked.priority, limits = asked.limits, dedup = dedup_id, parent = parent }) do
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  -- What a job of that id has left, whose body has vanished.
  redis.call('DEL', q.job .. id)
  redis.call('HSET', q.job .. id, unpack(fields))
  return nil
end

-- Decides where a new job goes; `asked` is nil for a job that asks for nothing.
-- Returns its time of creation, the line of its event, and the text of its record, if it has one.
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
  if asked.limits then
    asked.await(q, moves, asked.limits)
  end
  return created, event, record_of(q, id, state, asked)
end

-- Stores one new job at once, for scripts that add few.
local function store_new(q, call, id, asked, body, has_body)
  local created, event, record = place_new(q, call.moves, id, asked, body)
  if not has_body then
    redis.call('SET', q.body .. id, created .. '\n' .. body)
  end
  if record then
    redis.call('SET', q.job .. id, record)
  end
  emit(call.events, 'added', event)
end

local function next_number(q)
  return string.format('%.0f', count_up(q.meta, 'id', 1))
end
