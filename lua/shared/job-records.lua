-- As `try_fields`, of each of these jobs. What is a text is read by one command, and hashes are asked for only where there are any.
local function try_fields_of(q, ids, ...)
  local MOST = 1000
  local names, found = { ... }, {}
  for first = 1, #ids, MOST do
    local keys, others = {}, {}
    for i = first, math.min(first + MOST - 1, #ids) do
      keys[#keys + 1] = q.job .. ids[i]
    end
    local texts = redis.call('MGET', unpack(keys))
    for i, text in ipairs(texts) do
      if not text then
        others[#others + 1] = keys[i]
      end
    end
    local has_hashes = others[1] and redis.call('EXISTS', unpack(others)) > 0
    for i, text in ipairs(texts) do
      found[first + i - 1] = text and values_in(text, names) or has_hashes and redis.pcall('HMGET', keys[i], ...) or {}
    end
  end
  return found
end
