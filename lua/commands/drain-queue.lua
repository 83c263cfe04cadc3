--- Removes jobs that wait, also for children, and delayed ones when asked, in slices. Repeat it until it removes none.
-- Each of them is told of.
-- @key meta waiting prioritized delayed waiting-children events outbox
-- @derives job body logs dedup children
-- @arg delayed int      1 to remove delayed jobs as well
-- @reply how many were removed
-- @cost O(K log N) for K jobs, 1000 at most
-- @use server-time send events tell-removed take-out erase forget-dedup post tell-parent leave-parents

local DRAIN_CAP = 1000
local removed, call = 0, { events = new_events() }
local max_events = redis.call('HGET', q.meta, 'maxEvents')
-- Parents first: they are not released then by the end of their children.
for _, state in ipairs({ 'waiting-children', 'waiting', 'prioritized', delayed == 1 and 'delayed' or nil }) do
  local ids = take_first(q, state, DRAIN_CAP - removed)
  forget_dedup(q, ids)
  leave_parents(q, call, ids)
  erase(q, ids)
  tell_removed(call.events, state, ids)
  removed = removed + #ids
end
write_outbox(q, call, server_time(0))
publish(q.events, call.events, max_events)
return removed
