local function write_data(q, id, token, data)
  id = this_life(q, id)
  local refused = check_writer(q, id, token)
  if refused then
    return refused
  end
  local body = redis.call('GET', q.body .. id)
  local head = string.match(body, '^[^\n]*\n[^\n]*\n[^\n]*\n')
  redis.call('SET', q.body .. id, head .. data)
  return 'ok'
end

local function write_progress(q, call, id, token, progress)
  id = this_life(q, id)
  local refused = check_writer(q, id, token)
  if refused then
    return refused
  end
  redis.call('HSET', q.job .. id, 'progress', progress)
  emit(call.events, 'progress', id .. '\t' .. shown(progress))
  return 'ok'
end

-- Answers how many lines the job has; `keep` '' keeps them all.
local function write_log(q, id, token, line, keep)
  id = this_life(q, id)
  local refused = check_writer(q, id, token)
  if refused then
    return refused
  end
  if keep == '0' then
    redis.call('UNLINK', q.logs .. id)
    return 0
  end
  local count = redis.call('RPUSH', q.logs .. id, line)
  if keep ~= '' then
    redis.call('LTRIM', q.logs .. id, -tonumber(keep), -1)
    return math.min(count, tonumber(keep))
  end
  return count
end

local function clear_logs(q, id, token, keep)
  id = this_life(q, id)
  local refused = check_writer(q, id, token)
  if refused then
    return refused
  end
  if keep == '0' then
    redis.call('UNLINK', q.logs .. id)
  else
    redis.call('LTRIM', q.logs .. id, -tonumber(keep), -1)
  end
  return 'ok'
end
