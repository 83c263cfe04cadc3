-- Of a record that is a text, what is behind its token: attempts started and made, when and by whom it was started, when it ended, and
-- what it asks for.
local RUN = '^([^\t]*)\t([^\t]*)\t([^\t]*\t[^\t]*)\t[^\t]*\t([^\t]*\t[^\t]*\t([^\t]*)\t([^\t]*\t[^\t]*))\t'

local function why_refused(text, token)
  local state, held = string.match(text, '^([^\t]*)\t([^\t]*)\t')
  if not state then
    rare().refuse_record('record')
  end
  return (held == '' or held ~= token) and 'stale' or 'not-active'
end

-- What the record of a completed job has behind its token and before its result, the id of its deduplication, '' for none, and its
-- link to a parent, NO_PARENT for none; nil where that cannot be read.
local function ended_run(run, stamp)
  local starts, made, ran, asked, dedup_id, link = string.match(run, RUN)
  if not starts then
    return nil
  end
  return starts .. '\t' .. incremented(made ~= '' and made) .. '\t' .. ran .. '\t' .. stamp .. '\t' .. asked, dedup_id, link
end

local function completed_record(token, ended, result)
  return 'completed\t' .. token .. '\t' .. ended .. '\t' .. result
end

-- The same, of jobs that were started together: they often have the same there. Nothing where the job has done steps.
local function end_of_run(call, run)
  local last = call.run
  if not last or last.text ~= run then
    if string.find(run, '\n', 1, true) then
      return nil
    end
    local ended, dedup_id, link = ended_run(run, call.moves.stamp)
    if not ended then
      rare().refuse_record('record')
    end
    last = { text = run, ended = ended, dedup_id = dedup_id, link = link ~= NO_PARENT and link }
    call.run = last
  end
  return last.ended, last.dedup_id, last.link
end

-- Completes a job whose record is a text: `run` is the part of it that the lock holds, `steps` the lines of what it has done of its steps, if any.
-- What this writes is gathered in `call.records` and `call.gone`, see `write_records`. Emits the event of that name. Returns nothing where that form
-- does not do.
local function end_record(q, call, id, token, run, result, keep, steps, event, line)
  local ended, dedup_id, link = end_of_run(call, run)
  if not ended or string.find(result, '\n', 1, true) then
    return nil
  end
  if dedup_id ~= '' then
    rare().release_dedup(q, call, dedup_id, id)
  end
  move(call.moves, 'released', id)
  if read_policy(call.policies, q.completed, keep).none then
    call.gone = call.gone or {}
    call.gone[#call.gone + 1] = id
  else
    local records = call.records or {}
    call.records = records
    local n = #records
    records[n + 1] = q.job .. id
    records[n + 2] = completed_record(token, ended, result) .. steps
    move(call.moves, 'completed', id)
  end
  emit(call.events, event, line)
  if link then
    rare().notify_parent(q, call, link, id, 'c', result)
  end
  return 'ok'
end

local function complete_record(q, call, id, text, token, result, keep)
  local run = call.last_text == text and call.last_token == token and call.last_run
  if not run then
    local held = 'active\t' .. token .. '\t'
    if string.sub(text, 1, #held) ~= held then
      return why_refused(text, token)
    end
    run = string.sub(text, #held + 1)
    call.last_text, call.last_token, call.last_run = text, token, run
  end
  return end_record(q, call, id, token, run, result, keep, '', 'completed', id .. '\t' .. shown(result))
    or complete_job(q, call, id, token, result, keep)
end

-- Before anything else reads them.
local function write_records(q, call)
  if call.records then
    send_keys('MSET', call.records)
    call.records = nil
  end
  if call.gone then
    erase(q, call.gone, call.is_plain)
    call.gone = nil
  end
end
