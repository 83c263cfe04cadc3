local function write_data(q, id, token, data)
  id = this_life(q, id)
  local refused = check_writer(q, id, token)
  if refused then
    return refused
  end
  local body = redis.call('GET', q.body .. id)
  local head = string.match(body or '', '^[^\n]*\n[^\n]*\n[^\n]*\n')
  if not head then
    return body and 'unreadable' or 'missing'
  end
  redis.call('SET', q.body .. id, head .. data)
  return 'ok'
end

-- The same, for a job whose record is a text: what this writes is gathered, see `write_records`. Returns nothing where that will not do.
local function data_in_body(q, call, text, body, id, token, data)
  local at = token == '' and 0 or string.find(text, '\t', 1, true)
  if not at then
    return nil
  elseif at > 0 and string.sub(text, at + 1, at + #token + 1) ~= token .. '\t' then
    return 'stale'
  end
  local head = string.match(body, '^[^\n]*\n[^\n]*\n[^\n]*\n')
  if not head then
    return 'unreadable'
  end
  local records = call.records or {}
  call.records = records
  local n = #records
  records[n + 1], records[n + 2] = q.body .. id, head .. data
  return 'ok'
end

local function write_progress(q, call, id, token, progress)
  id = this_life(q, id)
  local refused = check_writer(q, id, token)
  if refused then
    return refused
  end
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'progress', progress)
  emit(call.events, 'progress', id .. '\t' .. shown(progress))
  return 'ok'
end

-- Leaves the newest lines.
local function trim_logs(q, id, keep)
  if keep == 0 then
    redis.call('UNLINK', q.logs .. id)
  else
    redis.call('LTRIM', q.logs .. id, -keep, -1)
  end
end

-- Returns how many lines the job has; `keep` '' keeps them all.
local function write_log(q, id, token, line, keep)
  id = this_life(q, id)
  local refused = check_writer(q, id, token)
  if refused then
    return refused
  end
  local most = keep == '' and math.huge or whole(keep)
  if not most then
    return 'unknown'
  end
  local count = redis.call('RPUSH', q.logs .. id, line)
  if count == 1 then
    has_extras(q)
  end
  if count > most then
    trim_logs(q, id, most)
  end
  return math.min(count, most)
end

local function clear_logs(q, id, token, keep)
  id = this_life(q, id)
  local refused = check_writer(q, id, token)
  if refused then
    return refused
  end
  local most = whole(keep)
  if not most then
    return 'unknown'
  end
  trim_logs(q, id, most)
  return 'ok'
end
