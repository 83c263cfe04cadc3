-- For how long the job of a slot waits for the run before it until it looks again by itself.
local HOLD_MS = 30000

-- The job that runs under a deduplication, nil where none is known to.
local function running_owner(q, dedup_id)
  -- Looked for among so many that run.
  local RUNNING = 1000
  for _, id in ipairs(redis.call('ZREVRANGE', q.active, 0, RUNNING - 1)) do
    if try_field(q, id, 'dedup') == dedup_id then
      return id
    end
  end
  return nil
end

-- A deduplication that cannot be read, or whose owner cannot, stops no slot: it begins anew, with the job that runs under it.
local function begin_rule(q, dedup_id, now)
  local is_read, failure = true, nil
  if dedup_id then
    is_read, failure = pcall(live_owner, q, dedup_id, now)
  end
  if not is_read then
    throw_unless_unreadable(failure)
    redis.call('UNLINK', q.dedup .. dedup_id)
    local owner = running_owner(q, dedup_id)
    if owner then
      redis.call('HSET', q.dedup .. dedup_id, 'owner', owner)
    end
  end
end

-- Whether the group of a slot's job is full when it is due.
local function is_refused(q, call, s, id)
  local asked = s.asked
  if not asked.most_in_group or (asked.dedup and is_kept_out(q, asked.dedup, call.moves.now)) then
    return false
  elseif not grouped().has_enough(q, call.moves, asked) then
    return false
  end
  emit(call.events, 'schedule-skipped', table.concat({ s.id, id, digits(s.slot), 'group-full' }, '\t'))
  return true
end

-- Whether the job of a slot that is due may run: 'run' and the deduplication that protects it, 'hold' while it waits for the run
-- before it, or 'drop'. A job that was promoted by hand is not asked.
local function admit(q, call, s, id, body)
  local now = call.moves.now
  begin_rule(q, s.overlap == 'queue' and 'repeat:' .. s.id or s.asked.dedup and s.asked.dedup.id, now)
  if s.overlap == 'queue' then
    local rule = { id = 'repeat:' .. s.id, flags = '' }
    local owner = live_owner(q, rule.id, now)
    if owner and owner ~= id then
      redis.call('HSET', q.dedup .. rule.id, 'held', id)
      return 'hold'
    elseif is_refused(q, call, s, id) then
      return 'drop'
    end
    set_owner(q, rule, id, now)
    return 'run', rule.id
  end
  local rule = s.asked.dedup
  if is_refused(q, call, s, id) then
    return 'drop'
  elseif not rule then
    return 'run'
  elseif deduplicate(q, call, id, s.spec, rule, body) then
    local reason = s.overlap == 'skip' and 'overlap' or 'deduplicated'
    emit(call.events, 'schedule-skipped', table.concat({ s.id, id, digits(s.slot), reason }, '\t'))
    return 'drop'
  end
  return 'run', rule.id
end

-- Adds the job of a slot. Returns its id, or '' where it may not run.
local function add_slot(q, call, s, slot)
  local id, asked = job_of(s, slot), s.asked
  local now = call.moves.now
  local due, body = slot + shift_of(s, slot), body_of(s, slot)
  local dedup_id
  if due <= now then
    local verdict
    verdict, dedup_id = admit(q, call, s, id, body)
    if verdict == 'drop' then
      return ''
    elseif verdict == 'hold' then
      due = now + HOLD_MS
    end
  end
  local event = id .. '\t' .. string.match(body, '^[^\n]*')
  local state
  if due > now then
    move(call.moves, 'delayed', { id = id, due = due })
    state, event = 'delayed', event .. '\t' .. digits(due)
  else
    state = place(call.moves, id, asked.priority, asked.front)
  end
  redis.call('SET', q.body .. id, call.moves.stamp .. '\n' .. body)
  local fields = { 'state', state, 'scheduler', s.id, 'delay', digits(math.max(due - now, 0)) }
  if asked.priority then
    fields[#fields + 1], fields[#fields + 2] = 'priority', asked.priority
  end
  if dedup_id then
    fields[#fields + 1], fields[#fields + 2] = 'dedup', dedup_id
  end
  if asked.limits then
    fields[#fields + 1], fields[#fields + 2] = 'limits', asked.limits
    asked.await(q, call.moves, asked.limits)
  end
  redis.call('HSET', q.job .. id, unpack(fields))
  emit(call.events, 'added', event)
  return id
end

-- Adds the next job of a scheduler that has none, and stores how far it is. `first` and `own` as for `pick_slot`.
-- Returns why there is none.
local function advance(q, call, s, first, own)
  local now = call.moves.now
  local slot, why
  local dropped = 0
  repeat
    slot, why = pick_slot(q, s, now, first, own)
    first, own = nil, nil
    emit_left_out(call, s)
    s.job = ''
    if slot then
      s.made, s.count = s.made + 1, s.count + 1
      s.job = add_slot(q, call, s, slot)
      if s.job == '' then
        s.made, s.count, dropped = s.made - 1, s.count - 1, dropped + 1
      end
    end
  until not slot or s.job ~= '' or dropped == TRIES
  local key = q.scheduler .. s.id
  redis.call(
    'HSET', key, 'slot', digits(s.slot), 'job', s.job, 'made', digits(s.made), 'count', digits(s.count), 'slots', s.slots
  )
  if s.job ~= '' then
    redis.call('ZADD', q.schedulers .. 'next', digits(s.slot), s.id)
  end
  if s.job == '' and why ~= 'over' then
    redis.call('ZADD', q.schedulers .. 'unplanned', digits(now), s.id)
  end
  return why
end
