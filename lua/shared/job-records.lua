-- Whether there is anything under the keys from `first` on that no text was found under: hashes are asked for only then.
local function has_hash(texts, keys, first)
  local others = {}
  for i = first, #keys do
    if not texts[i] then
      others[#others + 1] = keys[i]
    end
  end
  return others[1] ~= nil and redis.call('EXISTS', unpack(others)) > 0
end

-- As `try_fields`, of each of these jobs. What is a text is read by one command.
local function try_fields_of(q, ids, ...)
  local MOST = 1000
  local names, found = { ... }, {}
  for first = 1, #ids, MOST do
    local keys = {}
    for i = first, math.min(first + MOST - 1, #ids) do
      keys[#keys + 1] = q.job .. ids[i]
    end
    local texts = redis.call('MGET', unpack(keys))
    local has_hashes = has_hash(texts, keys, 1)
    for i, text in ipairs(texts) do
      found[first + i - 1] = text and values_in(text, names) or has_hashes and redis.pcall('HMGET', keys[i], ...) or {}
    end
  end
  return found
end
