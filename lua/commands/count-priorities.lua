--- How many jobs wait in each of some priority classes, 0 being the plain list.
-- @key meta waiting prioritized
-- @rest the priorities
-- @reply the number of jobs of each
-- @cost O(K log N) for K priorities
-- @use moves

local counts = {}
for at = rest, #ARGV do
  local priority = tonumber(ARGV[at])
  if priority == 0 then
    counts[#counts + 1] = redis.call('LLEN', q.waiting)
  else
    local first, next_class = priority * CLASS_SPAN, (priority + 1) * CLASS_SPAN
    counts[#counts + 1] =
      redis.call('ZCOUNT', q.prioritized, string.format('%.0f', first), string.format('(%.0f', next_class))
  end
end
return counts
