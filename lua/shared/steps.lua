-- What a job has done of its steps is in its own hash, so that a fetch brings it along; lua/README.md names the fields.
-- Of an entry the caller makes the head: its place among first runs, the count of visits, a letter for how far it is, and the try. The times
-- at which that began and ended are added here, and behind a tab why it failed.
-- @text step_head {order:int},{visit:int},{letter:letter},{attempt:int}
-- @stored stored_step {order:int},{visit:int},{letter:letter},{attempt:int},{started:int?},{finished:int?}{*}
local function attempt_in(head)
  return string.match(head, step_head.attempt)
end

local function emit_started(call, id, name, attempt)
  emit(call.events, 'step-started', id .. '\t' .. name .. '\t' .. attempt)
end

-- A job that starts its life anew forgets what it did in the last one. Signals stay: whoever sent one knows that it is
-- kept.
local function forget_steps(q, id)
  local gone = {}
  for _, field in ipairs(redis.call('HKEYS', q.job .. id)) do
    local kind = string.match(field, '^(%a+):')
    if kind == 'step' or kind == 'value' or kind == 'last' or field == 'failure' or field == 'awaits' then
      gone[#gone + 1] = field
    end
  end
  if #gone > 0 then
    send('HDEL', q.job .. id, gone)
  end
end

-- A step that has another name by now takes what an unfinished visit has under the old one. A completed visit stays.
local function rename_step(q, id, from, name)
  local old = redis.call('HMGET', q.job .. id, 'step:' .. from, 'value:' .. from, 'last:' .. from)
  if not old[1] or string.match(old[1], stored_step.letter) == 'c' then
    return
  end
  redis.call('HDEL', q.job .. id, 'step:' .. from, 'value:' .. from, 'last:' .. from)
  for i, kind in ipairs({ 'value:', 'last:' }) do
    if old[i + 1] then
      redis.call('HSET', q.job .. id, kind .. name, old[i + 1])
    end
  end
end

-- Nobody waits for the reply, so a copy of the call may come after later ones: the cursor must be where the caller saw it.
local function begin_step(q, call, id, token, name, head, from, anew)
  local read = from == '' and job_fields or hash_fields
  local fields = read(q, id, 'state', 'token', 'step')
  local refused = check_lock(q, id, fields, token)
  if refused then
    return refused
  end
  if (fields[3] or '') ~= from then
    return 'unchanged'
  end
  local attempt = attempt_in(head)
  if not attempt then
    return 'unknown'
  end
  if from == '' then
    as_hash(q, id)
  end
  if anew == '1' then
    forget_steps(q, id)
  elseif from ~= '' and from ~= name then
    rename_step(q, id, from, name)
  end
  redis.call('HSET', q.job .. id, 'step', name, 'step:' .. name, head .. ',' .. call.moves.stamp .. ',')
  emit_started(call, id, name, attempt)
  return 'ok'
end

-- The last emission of a step, or without a step that of the whole run: its result until a later one takes its place.
local function keep_emission(q, call, id, token, name, value)
  local refused = check_lock(q, id, job_fields(q, id, 'state', 'token'), token)
  if refused then
    return refused
  end
  as_hash(q, id)
  redis.call('HSET', q.job .. id, name == '' and 'result' or 'last:' .. name, value)
  emit(call.events, 'progress', id .. '\t' .. shown(value))
  return 'ok'
end
