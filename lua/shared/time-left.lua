-- What is left of a time that ends at a deadline. One that is further off than its length was set before the clock was put
-- back, and is over.
local function time_left(ends, length, now)
  local left = (tonumber(ends) or 0) - now
  return left > 0 and left <= (tonumber(length) or left) and left or 0
end

local function closed_for(closed_until, now)
  local ends, length = string.match(closed_until or '', '^(%d+),?(%d*)$')
  return time_left(ends, length, now)
end
