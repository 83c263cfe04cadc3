--- Removes jobs that wait, and delayed ones when asked, in slices. Repeat it until it removes none.
-- @key meta waiting prioritized delayed
-- @derives job body logs dedup
-- @arg delayed int      1 to remove delayed jobs as well
-- @reply how many were removed
-- @cost O(K log N) for K jobs, 1000 at most
-- @use send take-out erase forget-dedup

local DRAIN_CAP = 1000
local removed = 0
for _, state in ipairs({ 'waiting', 'prioritized', delayed == 1 and 'delayed' or nil }) do
  local ids = take_first(q, state, DRAIN_CAP - removed)
  forget_dedup(q, ids)
  erase(q, ids)
  removed = removed + #ids
end
return removed
