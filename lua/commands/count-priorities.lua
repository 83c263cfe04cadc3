--- How many jobs wait in each of some priority classes, 0 being the plain list.
-- @key meta waiting prioritized limited
-- @rest the priorities
-- @returns counts:int*
-- @reply the number of jobs of each
-- @cost O(K log N) for K priorities
-- @use moves

local counts = {}
for at = rest, #ARGV do
  local priority = tonumber(ARGV[at])
  local first = string.format('%.0f', priority * CLASS_SPAN)
  local next_class = string.format('(%.0f', (priority + 1) * CLASS_SPAN)
  local limited = redis.call('ZCOUNT', q.limited, first, next_class)
  if priority == 0 then
    counts[#counts + 1] = redis.call('LLEN', q.waiting) + limited
  else
    counts[#counts + 1] = redis.call('ZCOUNT', q.prioritized, first, next_class) + limited
  end
end
return counts
