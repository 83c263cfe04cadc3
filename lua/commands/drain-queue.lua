--- Removes jobs that wait for a worker, and delayed ones when asked, in slices. Repeat it until it removes none.
-- Parents that wait for children stay. What the children's removal lets go is not delivered before the last slice: a parent
-- that comes to wait by the draining itself is not one of the jobs that waited.
-- @key meta waiting prioritized delayed outbox fences
-- @derives job body logs dedup children posted
-- @arg delayed int      1 to remove delayed jobs as well
-- @reply how many were removed
-- @cost O(K log N) for K jobs, 1000 at most
-- @use server-time send take-out erase forget-dedup post tell-parent leave-parents lines

local DRAIN_CAP = 1000
local t = server_time(0)
-- Parents in this queue are told as all others are, when the draining is over.
local removed, call = 0, { base = false }
for _, state in ipairs({ 'waiting', 'prioritized', delayed == 1 and 'delayed' or nil }) do
  local ids = take_first(q, state, DRAIN_CAP - removed)
  forget_dedup(q, ids)
  leave_parents(q, call, ids)
  erase(q, ids)
  removed = removed + #ids
end
write_outbox(q, call, t)
local base = redis.call('HGET', q.meta, 'base')
local known = base and redis.call('HGET', q.outbox, base)
if known then
  local past = history()
  local line = read_line(q, base, known, past, t)
  if removed > 0 then
    line.deadline, line.owner = t + DRAIN_MS, DRAIN
  elseif line.owner == DRAIN then
    line.deadline, line.owner = 0, ''
  end
  write_line(q, line, past)
end
return removed
