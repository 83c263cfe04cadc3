-- Lua's unpack holds a few thousand values: long lists go to Redis in pieces of an even size, so that pairs stay whole.
local MAX_VALUES = 4000

local function send(command, key, values)
  for first = 1, #values, MAX_VALUES do
    redis.call(command, key, unpack(values, first, math.min(first + MAX_VALUES - 1, #values)))
  end
end

local function send_keys(command, keys)
  for first = 1, #keys, MAX_VALUES do
    redis.call(command, unpack(keys, first, math.min(first + MAX_VALUES - 1, #keys)))
  end
end
