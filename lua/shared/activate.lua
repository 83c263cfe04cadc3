-- @form started reply[n] id body token fields:list
-- Grants a job to a worker. The number in the token counts on from that of the last one; attemptsStarted would not do,
-- since a retry by hand may set it back. A job of that id may have lived before, so callers name each call anew.
-- Appends id, body, token and the stored fields from before the grant to the reply. `known` are these fields, where the
-- caller has read them. Returns the scheduler that the job came from, if any.
local function activate(q, reply, id, body, grant, stamp, known)
  local stored = known or redis.pcall('HGETALL', q.job .. id)
  if stored.err then
    stored = rare().renewed_fields(q, id, stored)
  end
  local starts, last, scheduler
  for i = 1, #stored, 2 do
    if stored[i] == 'attemptsStarted' then
      starts = stored[i + 1]
    elseif stored[i] == 'token' then
      last = string.match(stored[i + 1], '%d+$')
    elseif stored[i] == 'scheduler' then
      scheduler = stored[i + 1]
    end
  end
  starts = incremented(starts)
  local token = grant.worker .. ':' .. incremented(last)
  if grant.name == '' then
    redis.call('HSET', q.job .. id, 'state', 'active', 'token', token, 'attemptsStarted', starts, 'processedOn', stamp)
  else
    redis.call(
      'HSET', q.job .. id, 'state', 'active', 'token', token, 'attemptsStarted', starts, 'processedOn', stamp,
      'processedBy', grant.name
    )
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

local function bodies_of(q, ids)
  local keys = {}
  for i, id in ipairs(ids) do
    keys[i] = q.body .. id
  end
  return redis.call('MGET', unpack(keys))
end
