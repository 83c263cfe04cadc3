--- Removes jobs that wait, also for children, and delayed ones when asked, in slices. Repeat it until it removes none.
-- @key meta waiting prioritized delayed waiting-children events wake outbox fences
-- @derives job body logs dedup children posted
-- @arg delayed int      1 to remove delayed jobs as well
-- @reply how many were removed
-- @cost O(K log N) for K jobs, 1000 at most
-- @use server-time send events moves wake state-of take-out erase forget-dedup post tell-parent leave-parents
-- @use take-delayed let-through children settle-child settle-here

local DRAIN_CAP = 1000
local removed, call = 0, { events = new_events() }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
-- Parents first: they are not released then by the end of their children.
for _, state in ipairs({ 'waiting-children', 'waiting', 'prioritized', delayed == 1 and 'delayed' or nil }) do
  local ids = take_first(q, state, DRAIN_CAP - removed)
  forget_dedup(q, ids)
  leave_parents(q, call, ids)
  erase(q, ids)
  removed = removed + #ids
end
settle_and_wake(q, call, server_time(0), meta[1])
write_outbox(q, call, server_time(0))
publish(q.events, call.events, meta[2])
return removed
