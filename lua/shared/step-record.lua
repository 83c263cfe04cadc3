-- The steps of a job whose record is a text, see `RECORD.add_steps`. What is no plain way from the first step to the last, each done once at the first try,
-- makes the record a hash. So does a text that gets long: it is written again with each step.
local LONGEST_STEPS = 8192

-- What the text of a job begins with that is held under that token, and what the line of a step begins with. Many jobs of a call have the same. No
-- client sends a name that would be read as another line: such a step has none.
local function start_of(call, token)
  if call.held_by ~= token then
    call.held_by, call.held = token, 'active\t' .. token .. '\t'
  end
  return call.held
end

local function line_of(call, name)
  local lines = call.lines
  if not lines then
    lines = {}
    call.lines = lines
  end
  local line = lines[name]
  if line == nil then
    line = not string.find(name, '[\n\t]') and '\n' .. name .. '\t'
    lines[name] = line
  end
  return line
end

local function gather(call, key, text)
  local records = call.records
  if not records then
    call.records = { key, text }
    return
  end
  local n = #records
  records[n + 1], records[n + 2] = key, text
end

-- The first step of a job begins. Returns nothing where its record becomes a hash for that, as do the two below.
local function begin_in_record(q, call, text, id, token, name, head)
  local held, line = start_of(call, token), line_of(call, name)
  if string.find(text, held, 1, true) ~= 1 then
    return why_refused(text, token)
  elseif string.find(text, '\n', #held, true) then
    return 'unchanged'
  elseif head ~= '1,1,r,1' or not line then
    return nil
  end
  gather(call, q.job .. id, text .. line .. call.moves.stamp)
  emit_started(call, id, name, '1')
  return 'ok'
end

-- The text with that step as the last one, and running. Where its start could not be written it is begun by its end.
local function with_running(call, text, held, line, id, name)
  local _, at = string.find(text, line, held, true)
  if at then
    return not string.find(text, '%D', at + 1) and text
  elseif not string.find(text, '\n', held, true) then
    emit_started(call, id, name, '1')
    return text .. line .. call.moves.stamp
  end
end

-- A step has ended with a result, and the next one starts.
local function pass_in_record(q, call, text, id, token, name, value, next_step)
  local held = start_of(call, token)
  if string.find(text, held, 1, true) ~= 1 then
    return why_refused(text, token)
  end
  local line, next_line = line_of(call, name), line_of(call, next_step)
  if not line or not next_line or next_step == name or #text + #value > LONGEST_STEPS
    or string.find(text, next_line, #held, true) or string.find(value, '\n', 1, true) then
    return nil
  end
  local begun = with_running(call, text, #held, line, id, name)
  if not begun then
    return nil
  end
  local stamp = call.moves.stamp
  gather(call, q.job .. id, begun .. ',' .. stamp .. '\t' .. value .. next_line .. stamp)
  emit(call.events, 'step-passed', id .. '\t' .. name .. '\t1\t' .. shown(value) .. '\t' .. next_step .. '\t1')
  renew(call, id)
  return 'ok'
end

-- The last step has ended, and the job with it.
local function complete_in_record(q, call, text, id, token, name, result, keep)
  local held, line = start_of(call, token), line_of(call, name)
  if string.find(text, held, 1, true) ~= 1 then
    return why_refused(text, token)
  end
  local begun = line and not string.find(result, '\n', 1, true) and with_running(call, text, #held, line, id, name)
  if not begun then
    return nil
  end
  local at = string.find(begun, '\n', #held, true)
  local line = id .. '\t' .. name .. '\t1\t' .. shown(result)
  local run, steps = string.sub(begun, #held + 1, at - 1), string.sub(begun, at) .. ',' .. call.moves.stamp
  return end_record(q, call, id, token, run, result, keep, steps, 'steps-completed', line)
end
