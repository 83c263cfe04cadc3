-- @form started reply[n] id body token fields:list
-- `fields` by their names.
local function text_of(fields)
  local parts = {}
  for i, name in ipairs(RECORD.fields) do
    parts[i] = fields[name] or name == 'parent' and NO_PARENT or ''
  end
  return table.concat(parts, '\t')
end

-- The record of a job that is started for the first time; `asked` is what it asks for, nil where that is nothing.
local function started_record(token, stamp, name, asked)
  return 'active\t' .. token .. '\t1\t\t' .. stamp .. '\t' .. name .. '\t\t' .. (asked or '\t\t\t\t\t')
end

-- Grants a job to a worker. The number in the token counts on from that of the last one; attemptsStarted would not do,
-- since a retry by hand may set it back. A job of that id may have lived before, so callers name each call anew.
-- Appends id, body, token and `stored`, the fields from before the grant, to the reply. With `records` the job's record is or may be
-- a text, which goes there; else it is a hash, which is written. Returns the scheduler that the job came from, if any.
local function activate(q, reply, id, body, grant, stamp, stored, records)
  local token, scheduler
  if grant.has_break then
    as_hash(q, id)
    records = nil
  end
  if records and (not stored[1] or stored.asked) then
    -- Many have the same: children of one parent, jobs that ask for nothing.
    if grant.last_stored ~= stored then
      token = grant.worker .. ':1'
      grant.last_stored, grant.last_token = stored, token
      grant.last_record = started_record(token, stamp, grant.name, stored.asked)
    end
    token = grant.last_token
    local n = #records
    records[n + 1] = q.job .. id
    records[n + 2] = grant.last_record
  else
    local held = {}
    for i = 1, #stored, 2 do
      held[stored[i]] = stored[i + 1]
    end
    local starts = incremented(held.attemptsStarted)
    token = grant.worker .. ':' .. incremented(held.token and string.match(held.token, '%d+$'))
    local name = grant.name ~= '' and grant.name or held.processedBy or ''
    if records then
      held.state, held.token, held.attemptsStarted, held.processedOn, held.processedBy = 'active', token, starts, stamp, name
      records[#records + 1] = q.job .. id
      records[#records + 1] = text_of(held)
    elseif name == '' then
      redis.call('HSET', q.job .. id, 'state', 'active', 'token', token, 'attemptsStarted', starts, 'processedOn', stamp)
    else
      redis.call(
        'HSET', q.job .. id, 'state', 'active', 'token', token, 'attemptsStarted', starts, 'processedOn', stamp,
        'processedBy', name
      )
    end
    scheduler = held.scheduler
  end
  local n = #reply
  started.id = id
  started.body = body
  started.token = token
  started.fields = stored
  return scheduler
end

local function lock_all(q, ids, expires)
  if #ids > 0 then
    local expiry = string.format('%.0f', expires)
    if #ids == 1 then
      redis.call('ZADD', q.active, expiry, ids[1])
      return
    end
    local pairs = {}
    for _, id in ipairs(ids) do
      pairs[#pairs + 1] = expiry
      pairs[#pairs + 1] = id
    end
    send('ZADD', q.active, pairs)
  end
end

local NO_FIELDS = {}

-- Of a single job. Its record is asked for a second time where it is no text: most jobs that start have none.
local function read_job(q, id)
  local found = redis.call('MGET', q.body .. id, q.job .. id)
  local text = found[2]
  local fields = text and fields_in(text) or redis.pcall('HGETALL', q.job .. id)
  if fields.err then
    return found, { rare().renewed_fields(q, id, fields) }, { true }
  end
  return found, { fields }, { not text and fields[1] ~= nil }
end

-- Bodies and stored fields of jobs, in the order of their ids, and whose record is a hash. One call reads all texts; hashes,
-- which no command reads together, are asked for only where there are any.
local function read_jobs(q, ids)
  local count = #ids
  if count == 1 then
    return read_job(q, ids[1])
  end
  local keys = {}
  for i = 1, count do
    keys[i] = q.body .. ids[i]
    keys[count + i] = q.job .. ids[i]
  end
  local found = redis.call('MGET', unpack(keys))
  local has_hashes = has_hash(found, keys, count + 1)
  local stored, is_hash = {}, {}
  local last_text, last_fields
  for i = 1, count do
    local text = found[count + i]
    if text and text ~= last_text then
      last_text, last_fields = text, fields_in(text)
    end
    local fields = text and last_fields or (has_hashes and redis.pcall('HGETALL', keys[count + i])) or NO_FIELDS
    is_hash[i] = not text and fields[1] ~= nil
    if fields.err then
      fields = rare().renewed_fields(q, ids[i], fields)
      is_hash[i] = true
    end
    stored[i] = fields
  end
  return found, stored, is_hash
end
