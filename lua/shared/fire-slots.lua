local function slot_of(job)
  return string.match(job, '%d*$')
end

-- The jobs of slots that have started: each scheduler's next one is added now. `fired` has for each its id, its scheduler and
-- its stored fields in the reply. Returns the moves, which are written.
local function fire_slots(q, call, fired)
  local own = { moves = new_moves(call.moves.now), events = call.events }
  local found = {}
  for i = 1, #fired, 3 do
    local s, lost = read_scheduler(q, fired[i + 1])
    if lost then
      emit(call.events, 'schedule-skipped', table.concat({ fired[i + 1], fired[i], slot_of(fired[i]), 'unreadable' }, '\t'))
    elseif s and s.job == fired[i] then
      found[#found + 1] = { s = s, id = fired[i], stored = fired[i + 2] }
      emit(call.events, 'schedule-fired', table.concat({ s.id, s.job, digits(s.slot) }, '\t'))
    end
  end
  for _, fire in ipairs(found) do
    local why = advance(q, own, fire.s)
    if not fire.s.every and not fire.s.complete and (why ~= 'over' and (fire.s.left or 0) <= FEW_SLOTS) then
      -- Lets the worker know that slots are to be planned, also when it asks again.
      redis.call('HSET', q.job .. fire.id, 'planned', fire.s.left or 0)
      fire.stored[#fire.stored + 1] = 'planned'
      fire.stored[#fire.stored + 1] = digits(fire.s.left or 0)
    end
  end
  write_moves(q, own.moves)
  return own.moves
end

-- The body of a scheduler's next job, made anew where its key has vanished; nil for any other job.
local function renewed_body(q, id, stamp)
  local scheduler = string.match(id, '^repeat:(.+):%d+$')
  local s = scheduler and read_scheduler(q, scheduler)
  if not s or s.job ~= id or redis.call('EXISTS', q.body .. id) == 1 then
    return nil
  end
  local body = stamp .. '\n' .. body_of(s, s.slot)
  redis.call('SET', q.body .. id, body)
  return body
end

-- A job of a scheduler has become due. Returns whether it may wait for a worker now; where not it is held, or dropped and the
-- scheduler goes on.
local function admit_due(q, call, scheduler, id)
  local s, lost = read_scheduler(q, scheduler)
  if lost then
    emit(call.events, 'schedule-skipped', table.concat({ scheduler, id, slot_of(id), 'unreadable' }, '\t'))
  end
  if not s or s.job ~= id then
    return true
  end
  local body = redis.pcall('GET', q.body .. id) or renewed_body(q, id, call.moves.stamp)
  local verdict, dedup_id = admit(q, call, s, id, type(body) == 'string' and string.match(body, '^[^\n]*\n(.*)$') or '')
  if verdict == 'hold' then
    move(call.moves, 'delayed', { id = id, due = call.moves.now + HOLD_MS })
    return false
  elseif verdict == 'drop' then
    erase(q, { id })
    emit(call.events, 'removed', id .. '\tdelayed')
    -- It counts for no limit.
    s.made, s.count = s.made - 1, s.count - 1
    advance(q, call, s)
    return false
  end
  if dedup_id then
    redis.call('HSET', q.job .. id, 'dedup', dedup_id)
  end
  return true
end
