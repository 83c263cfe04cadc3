--- Removes jobs that wait for a worker, and delayed ones when asked, in slices. Repeat it until it removes none.
-- Parents that wait for children stay. What the children's removal lets go is not delivered before the last slice: a parent
-- that comes to wait by the draining itself is not one of the jobs that waited.
-- Each job that goes is told of.
-- @key meta waiting prioritized delayed events outbox
-- @derives job body logs dedup children
-- @arg delayed int      1 to remove delayed jobs as well
-- @reply how many were removed
-- @cost O(K log N) for K jobs, 1000 at most
-- @use server-time send events tell-removed take-out erase forget-dedup post tell-parent leave-parents

local DRAIN_CAP = 1000
local HOLD_MS = 5000
local t = server_time(0)
local max_events = redis.call('HGET', q.meta, 'maxEvents')
local removed, call = 0, { events = new_events() }
for _, state in ipairs({ 'waiting', 'prioritized', delayed == 1 and 'delayed' or nil }) do
  local ids = take_first(q, state, DRAIN_CAP - removed)
  forget_dedup(q, ids)
  leave_parents(q, call, ids)
  erase(q, ids)
  tell_removed(call.events, state, ids)
  removed = removed + #ids
end
write_outbox(q, call, t)
local lease = redis.call('HGET', q.meta, 'outbox')
if lease and removed > 0 then
  redis.call('HSET', q.meta, 'outbox', string.format('%.0f', t + HOLD_MS) .. ':drain')
elseif lease and string.find(lease, ':drain$') then
  redis.call('HSET', q.meta, 'outbox', '0:')
end
publish(q.events, call.events, max_events)
return removed
