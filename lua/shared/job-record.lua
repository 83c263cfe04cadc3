-- What is held of a job is one text while it is what every run has, so that one command reads or writes it for a whole batch:
-- its parts in this order, with tabs between them, the result last. A link to a parent has a tab of its own, and is one where there is
-- none. What only some jobs have turns it into a hash, for good. The steps that a job has done follow as lines, see `step-record`.
local RECORD = {
  form = '^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*\t[^\t]*)\t([^\n]*)',
  -- Of a job that has never been started: its state, and what it asks for.
  unstarted = '^(%l+)\t\t\t\t\t\t\t(([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*\t[^\t]*)\t)$',
  fields = {
    'state', 'token', 'attemptsStarted', 'attemptsMade', 'processedOn', 'processedBy', 'finishedOn', 'priority', 'limits', 'dedup',
    'parent', 'result',
  },
  places = {
    state = 1, token = 2, attemptsStarted = 3, attemptsMade = 4, processedOn = 5, processedBy = 6, finishedOn = 7, priority = 8,
    limits = 9, dedup = 10, parent = 11, result = 12,
  },
  -- Steps that are done one after the other, each once, are lines behind the record: name, tab, when the step started; where it has ended a comma, when,
  -- and but for the job's last step a tab and its result. Adds the fields that these stand for.
  add_steps = function(fields, text)
    if not string.find(text, '\n', 1, true) then
      return fields
    end
    local number, n, cursor = 0, #fields, nil
    for name, started, ended, value in string.gmatch(text, '\n([^\t\n]*)\t(%d*)(,?%d*)\t?([^\n]*)') do
      number = number + 1
      fields[n + 1] = 'step:' .. name
      fields[n + 2] = number .. ',' .. number .. (ended == '' and ',r,1,' .. started .. ',' or ',c,1,' .. started .. ended)
      n = n + 2
      if value ~= '' then
        fields[n + 1], fields[n + 2] = 'value:' .. name, 'v' .. value
        n = n + 2
      end
      cursor = ended == '' and name or 'end:' .. name
    end
    if cursor then
      fields[n + 1], fields[n + 2] = 'step', cursor
    end
    return fields
  end,
}
local NO_PARENT = '\t'
local NO_RECORD = { err = 'WRONGTYPE this is no record of a job' }

-- The text under a job's key, nil where there is a hash, something else, or nothing. Of a batch of one: `GET` would fail for a hash.
local function record_text(q, id)
  return redis.call('MGET', q.job .. id)[1]
end

-- Names and values as HGETALL returns them, or its error where the text is none of ours. Of a job that has never been started,
-- `asked` is the part of the text that its next record has too.
local function fields_in(text)
  local state, asked, priority, limits, dedup_id, parent = string.match(text, RECORD.unstarted)
  if state then
    local fields, n = { 'state', state, asked = asked }, 2
    if priority ~= '' then
      fields[3], fields[4], n = 'priority', priority, 4
    end
    if limits ~= '' then
      fields[n + 1], fields[n + 2], n = 'limits', limits, n + 2
    end
    if dedup_id ~= '' then
      fields[n + 1], fields[n + 2], n = 'dedup', dedup_id, n + 2
    end
    if parent ~= NO_PARENT then
      fields[n + 1], fields[n + 2] = 'parent', parent
    end
    return fields
  end
  local parts = { string.match(text, RECORD.form) }
  if not parts[1] then
    return NO_RECORD
  end
  local fields = {}
  for i, name in ipairs(RECORD.fields) do
    if parts[i] ~= '' and parts[i] ~= NO_PARENT then
      fields[#fields + 1] = name
      fields[#fields + 1] = parts[i]
    end
  end
  return RECORD.add_steps(fields, text)
end

local function raised(reply)
  if type(reply) == 'table' and reply.err then
    error(reply.err, 0)
  end
  return reply
end

-- All that is held of a job, as HGETALL returns it, or an error of Redis.
local function try_all_fields(q, id)
  local text = record_text(q, id)
  return text and fields_in(text) or redis.pcall('HGETALL', q.job .. id)
end

-- Fields of a job, as HMGET returns them, or an error of Redis.
local function values_in(text, names)
  local parts = { string.match(text, RECORD.form) }
  if not parts[1] then
    return NO_RECORD
  end
  local steps
  local values = {}
  for i, name in ipairs(names) do
    local part = parts[RECORD.places[name] or 0]
    if not part and (name == 'step' or string.find(name, '^step:') or string.find(name, '^value:')) then
      steps = steps or RECORD.add_steps({}, text)
      for at = 1, #steps, 2 do
        part = steps[at] == name and steps[at + 1] or part
      end
    end
    values[i] = part and part ~= '' and part ~= NO_PARENT and part or false
  end
  return values
end

local function try_fields(q, id, ...)
  local text = record_text(q, id)
  return text and values_in(text, { ... }) or redis.pcall('HMGET', q.job .. id, ...)
end

local function job_fields(q, id, ...)
  return raised(try_fields(q, id, ...))
end

-- One field, false where the job has none of that name, or an error of Redis.
local function try_field(q, id, name)
  local values = try_fields(q, id, name)
  return values.err and values or values[1]
end

local function job_field(q, id, name)
  return raised(try_field(q, id, name))
end
