-- `fields` holds state and token first. A transition needs the job active under this very token.
-- Returns nil when the caller holds the lock, else the word that says why not.
local function check_lock(q, id, fields, token)
  if not fields[1] then
    return redis.call('EXISTS', q.body .. id) == 1 and 'not-active' or 'missing'
  end
  if fields[2] ~= token then
    return 'stale'
  end
  if fields[1] ~= 'active' then
    return 'not-active'
  end
  return nil
end

-- A data write needs only that no later lock was granted; without a token, only that the job exists.
local function check_writer(q, id, token)
  if token == '' then
    return redis.call('EXISTS', q.body .. id) == 0 and 'missing' or nil
  end
  local held = job_field(q, id, 'token')
  if held == token then
    return nil
  end
  return redis.call('EXISTS', q.body .. id) == 1 and 'stale' or 'missing'
end
