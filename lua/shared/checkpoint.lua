-- In which way a job leaves its worker after a step; `undo` stays and keeps why the job fails.
-- @with step_head stored_step
-- @kind exit way[] complete result keep
-- @kind exit way[] fail reason stack keep exhausted:flag
-- @kind exit way[] retry reason stack delay_ms front:flag
-- @kind exit way[] postpone delay_ms
-- @kind exit way[] wait-children
-- @kind exit way[] await-signal signal timeout_ms
-- @kind exit way[] undo failure
local STILL_WAITS_MS = 3153600000000

-- A worker was given a job that waits for a signal: the time is over, the signal came at the last moment, or somebody has
-- started the job early, and it goes on waiting.
local function end_wait(q, call, id, token)
  local fields = hash_fields(q, id, 'state', 'token', 'awaits')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  if not fields[3] then
    return 'unchanged'
  end
  local wait = read_awaits(fields[3]) or refuse_record('awaits')
  local stored = redis.call('HMGET', q.job .. id, 'step:' .. wait.name, 'signal:' .. wait.signal)
  if not is_entry(stored[1]) then
    refuse_record('step')
  end
  local key, payload = kept_signal(stored[2])
  if payload then
    settle_wait(q, call, id, wait.name, stored[1], wait.next_step, payload)
    take_signal(q, id, wait.signal, key)
    return 'signalled'
  elseif wait.due <= call.moves.now then
    settle_wait(q, call, id, wait.name, stored[1], wait.next_step)
    return 'timed-out'
  end
  release_job(q, call, id, nil, wait.due - call.moves.now, true)
  return 'ok'
end

-- The step ends when the signal comes, or at once where it is kept already: the run goes on then.
local function await_signal(q, call, id, step, way, written)
  local signal = await_signal.signal
  local key, payload = kept_signal(redis.call('HGET', q.job .. id, 'signal:' .. signal))
  if payload then
    settle_wait(q, call, id, step.name, step.entry, step.next_step, payload)
    take_signal(q, id, signal, key)
    return 'signalled'
  end
  local timeout = whole(await_signal.timeout_ms) or STILL_WAITS_MS
  local due = string.format('%.0f', call.moves.now + timeout)
  local awaits = due .. '\t' .. step.name .. '\t' .. step.next_step .. '\t' .. signal
  release_job(q, call, id, nil, timeout, true, 'step', step.name, 'awaits', awaits, unpack(written))
  return 'ok'
end

local LEAVES = {
  complete = function(q, call, id, token, way, ...)
    return complete_job(q, call, id, token, complete.all, ...)
  end,
  fail = function(q, call, id, token, way, ...)
    return fail_job(q, call, id, token, fail.all, ...)
  end,
  retry = function(q, call, id, token, way, ...)
    return retry_job(q, call, id, token, retry.all, ...)
  end,
  postpone = function(q, call, id, token, way, ...)
    return postpone_job(q, call, id, token, postpone.all, ...)
  end,
  ['wait-children'] = function(q, call, id, token, _, ...)
    return wait_children(q, call, id, token, '', ...)
  end,
}

-- How many words say a way.
local WAY_SIZES = exit.sizes

-- Whether a step and its way can be read: what cannot must not be found out in the middle of writing it.
local function is_readable(step, way)
  if (step.name ~= '' and not attempt_in(step.head)) or (step.next_head ~= '' and not attempt_in(step.next_head)) then
    return false
  elseif not way then
    return true
  end
  local kind = way[1]
  if #way ~= WAY_SIZES[kind] then
    return false
  end
  local pause = (kind == 'retry' and retry.delay_ms) or (kind == 'postpone' and postpone.delay_ms)
    or (kind == 'await-signal' and await_signal.timeout_ms)
  return not pause or (pause == '' and kind == 'await-signal') or whole(pause) ~= nil
end

-- Why the job may not go where the step sends it. What its children have come to must be known before anything is written.
local function stopped_by_children(q, id, kind, pending, failed, deferred)
  if kind ~= 'complete' and kind ~= 'wait-children' then
    return nil
  end
  local held = held_by_children(q, id, pending, failed, deferred)
  if kind == 'complete' or held == 'child-failed' or held == 'cancelled' then
    return held
  end
  return not held and 'no-children' or nil
end

-- Adds what is to be stored of a step that has ended, and emits it. The result of a job is not kept a second time as
-- the value of its last step.
local function end_step(q, call, id, step, way, stored, written)
  local _, _, status, attempt = string.match(step.head, step_head.pattern)
  local stamp = call.moves.stamp
  local started = stored.entry and string.match(stored.entry, stored_step.started) or stamp
  local over = status == 'c' or status == 'f'
  step.entry = step.head .. ',' .. started .. ',' .. (over and stamp or '')
  written[1], written[2] = 'step:' .. step.name, step.entry
  if over and (stored.last or stored.awaits) then
    redis.call('HDEL', q.job .. id, 'last:' .. step.name, 'awaits')
  end
  local line = id .. '\t' .. step.name .. '\t' .. attempt .. '\t'
  if status == 'c' then
    local completes = way and way[1] == 'complete'
    if stored.stalls and not completes then
      redis.call('HDEL', q.job .. id, 'stalls')
    end
    if not completes then
      written[3], written[4] = 'value:' .. step.name, 'v' .. step.value
    end
    emit(call.events, 'step-completed', line .. shown(completes and complete.result or step.value))
  elseif status ~= 'a' then
    written[2] = step.entry .. '\t' .. step.value
    local retries_in = way and way[1] == 'retry' and retry.delay_ms or ''
    emit(call.events, 'step-failed', line .. shown(step.value) .. '\t' .. retries_in)
  end
end

local function renew(call, id)
  local renewed = call.renewed
  if renewed then
    renewed[#renewed + 1] = id
  else
    call.renewed = { id }
  end
end

-- Starts the next step of a job that stays with its worker.
local function go_on(q, call, id, step, way, written)
  if step.next_head ~= '' then
    written[#written + 1] = 'step:' .. step.next_step
    written[#written + 1] = step.next_head .. ',' .. call.moves.stamp .. ','
    emit_started(call, id, step.next_step, attempt_in(step.next_head))
  end
  if way and way[1] == 'undo' then
    written[#written + 1] = 'failure'
    written[#written + 1] = undo.failure
  end
  redis.call('HSET', q.job .. id, unpack(written))
  renew(call, id)
end

-- Locks that are as good as new are left alone: writing them is dear, and quick steps would do it all the time.
local function renew_old(q, ids, now, lock)
  local first = redis.call('ZRANGE', q.active, 0, 0, 'WITHSCORES')
  if not first[2] or tonumber(first[2]) < now + lock * 0.9 then
    lock_all(q, ids, now + lock)
  end
end

-- Order and visit, status, attempt and start of a step that runs. Where its start could not be written it is begun by its end, on a new visit.
local function running_entry(q, call, id, name, entry)
  local order, visit, letter, attempt, started = string.match(entry or '', stored_step.pattern)
  if letter == 'r' then
    return order, visit, attempt, started
  end
  local last = 0
  local fields = redis.call('HGETALL', q.job .. id)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 5) == 'step:' then
      last = math.max(last, tonumber(string.match(fields[i + 1], stored_step.visit)) or 0)
    end
  end
  visit = string.format('%d', last + 1)
  emit_started(call, id, name, '1')
  return order or visit, visit, '1', call.moves.stamp
end

-- What most steps come to: a result, and the next step at once, on its first try. As `checkpoint`, without what that takes for all others; here for a job
-- whose record is a hash.
local function pass_step(q, call, id, token, name, value, next_step)
  local fields = hash_fields(
    q, id, 'state', 'token', 'step:' .. name, 'step:' .. next_step, 'last:' .. name, 'awaits', 'stalls'
  )
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  local stamp = call.moves.stamp
  local order, visit, attempt, started = running_entry(q, call, id, name, fields[3])
  local next_visit = incremented(visit)
  local next_order = name == next_step and order or fields[4] and string.match(fields[4], stored_step.order) or next_visit
  if fields[5] or fields[6] or fields[7] then
    redis.call('HDEL', q.job .. id, 'last:' .. name, 'awaits', 'stalls')
  end
  redis.call(
    'HSET', q.job .. id, 'step', next_step,
    'step:' .. name, order .. ',' .. visit .. ',c,' .. attempt .. ',' .. started .. ',' .. stamp, 'value:' .. name, 'v' .. value,
    'step:' .. next_step, next_order .. ',' .. next_visit .. ',r,1,' .. stamp .. ','
  )
  emit(call.events, 'step-passed', id .. '\t' .. name .. '\t' .. attempt .. '\t' .. shown(value) .. '\t' .. next_step .. '\t1')
  renew(call, id)
  return 'ok'
end

-- The end of a step and what comes of it, as a whole: its entry and value, the cursor, and either the start of the next
-- step under a lock that is renewed, or the way in which the job leaves its worker.
local function checkpoint(q, call, id, token, step, way)
  local fields = hash_fields(
    q, id, 'state', 'token', 'pending', 'failedChildren', 'deferred', 'step:' .. step.name, 'last:' .. step.name, 'awaits', 'stalls'
  )
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  if not is_readable(step, way) then
    return 'unknown'
  end
  local stopped = way and stopped_by_children(q, id, way[1], fields[3], fields[4], fields[5])
  if stopped and stopped ~= 'no-children' then
    return stopped
  end
  local written = {}
  if step.name ~= '' then
    end_step(q, call, id, step, way, { entry = fields[6], last = fields[7], awaits = fields[8], stalls = fields[9] }, written)
  end
  if way and way[1] == 'await-signal' then
    return await_signal(q, call, id, step, way, written)
  end
  if step.next_step ~= '' then
    written[#written + 1] = 'step'
    written[#written + 1] = step.next_step
  end
  local leave = not stopped and way and LEAVES[way[1]]
  if leave then
    return leave(q, call, id, token, way, unpack(written))
  end
  go_on(q, call, id, step, way, written)
  return stopped or 'ok'
end

-- The last step has ended, and the job with it; here for a job whose record is a hash.
local function complete_steps(q, call, id, token, name, result, keep)
  local fields = hash_fields(q, id, 'state', 'token', 'step:' .. name)
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  local order, visit, attempt = running_entry(q, call, id, name, fields[3])
  local step = { name = name, head = order .. ',' .. visit .. ',c,' .. attempt, value = '', next_step = 'end:' .. name, next_head = '' }
  return checkpoint(q, call, id, token, step, { 'complete', result, keep })
end
