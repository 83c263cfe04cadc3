--- Removes jobs that wait, also for children, and delayed ones when asked, in slices. Repeat it until it removes none.
-- @key meta waiting prioritized delayed waiting-children outbox
-- @derives job body logs dedup children
-- @arg delayed int      1 to remove delayed jobs as well
-- @reply how many were removed
-- @cost O(K log N) for K jobs, 1000 at most
-- @use server-time send take-out erase forget-dedup post tell-parent leave-parents

local DRAIN_CAP = 1000
local t = server_time(0)
local removed, call = 0, {}
-- Parents first: they are not released then by the end of their children.
for _, state in ipairs({ 'waiting-children', 'waiting', 'prioritized', delayed == 1 and 'delayed' or nil }) do
  local ids = take_first(q, state, DRAIN_CAP - removed)
  forget_dedup(q, ids)
  leave_parents(q, call, ids)
  erase(q, ids)
  removed = removed + #ids
end
write_outbox(q, call, t)
return removed
