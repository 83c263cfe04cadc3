-- A reply can be lost after its script ran, and the client sends the call again. A writer has one call in flight, so
-- remembering its last number and answer is enough to answer a repeat without doing the work twice.
local REMEMBER_MS = 3600000

-- The answer given to this very call before, or nil when it is new.
local function recall(key, seq)
  local last = redis.call('GET', key)
  if not last then
    return nil
  end
  local at = string.find(last, '\n', 1, true)
  if string.sub(last, 1, at - 1) ~= seq then
    return nil
  end
  return string.sub(last, at + 1)
end

local function remember(key, seq, answer)
  redis.call('SET', key, seq .. '\n' .. answer, 'PX', REMEMBER_MS)
end
