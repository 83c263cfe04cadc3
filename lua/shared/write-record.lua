-- Makes the record a hash where it is a text, for who writes what only some jobs have.
local function as_hash(q, id)
  local text = record_text(q, id)
  local fields = text and fields_in(text)
  if fields and not fields.err then
    redis.call('DEL', q.job .. id)
    redis.call('HSET', q.job .. id, unpack(fields))
  end
end

-- Fields of a job that most likely is a hash.
local function hash_fields(q, id, ...)
  local fields = redis.pcall('HMGET', q.job .. id, ...)
  if fields.err then
    as_hash(q, id)
    return redis.call('HMGET', q.job .. id, ...)
  end
  return fields
end

local function write_state(q, id, state)
  local text = record_text(q, id)
  if text then
    redis.call('SET', q.job .. id, state .. string.sub(text, string.find(text, '\t', 1, true) or 1))
  else
    redis.call('HSET', q.job .. id, 'state', state)
  end
end
