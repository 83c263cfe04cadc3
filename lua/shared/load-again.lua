-- @with started
-- The stored fields of a job that is held, as they were before its grant.
local function fields_before(q, id)
  local stored = raised(try_all_fields(q, id))
  for i = 1, #stored, 2 do
    if stored[i] == 'attemptsStarted' then
      stored[i + 1] = string.format('%d', (tonumber(stored[i + 1]) or 1) - 1)
    end
  end
  return stored
end

-- A repeated call gets the jobs of its first run again, as far as they are still its own.
local function load_again(q, reply, ids)
  for id, token in string.gmatch(ids, '([^\t]+)\t([^\n]+)\n') do
    if not check_lock(q, id, job_fields(q, id, 'state', 'token'), token) then
      local n = #reply
      local body = redis.pcall('GET', q.body .. id)
      started.id, started.body, started.token = id, type(body) == 'string' and body or '', token
      started.fields = fields_before(q, id)
    end
  end
end
