--- Has the children of one parent that have ended sent to it once more: it may have lost what it knew. What is on its way
-- to the parent's queue is not said again.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences
-- @derives job body children posted groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg base text        what the keys of the parent's queue begin with
-- @arg parent text      the parent's id
-- @rest ids of children that the parent counts as pending, 500 at most
-- @value int
-- @reply how many were sent again
-- @cost O(K) for K children
-- @use extras server-time job-record write-record send count-up events moves wake state-of post notify-parent take-delayed allow-when-full unreadable
-- @use children settle-child fail-next settle-here lines
-- @grouped time-left group-records groups group-moves

local TELL_CAP = 500
if #ARGV - rest + 1 > TELL_CAP then
  return redis.error_reply('ERR too many jobs in one call')
end

local call, t, count = { events = new_events() }, server_time(now), 0
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
local known = redis.call('HGET', q.outbox, base)
local line = known and read_line(q, base, known, history(), t)
if line and line.count < line.size then
  return 0
end

for at = rest, #ARGV do
  local id = ARGV[at]
  local fields = try_fields(q, id, 'state', 'parent', 'result', 'failedReason')
  local state, link = fields[1], fields[2]
  if link and not read_link(link) then
    -- Its parent knows it, though it no longer knows its parent.
    link = 'f' .. base .. '\t' .. parent
  end
  if link and string.sub(link, 2) == base .. '\t' .. parent then
    if state == 'completed' then
      notify_parent(q, call, link, id, 'c', fields[3] or 'null')
      count = count + 1
    elseif state == 'failed' and string.sub(link, 1, 1) ~= '-' then
      notify_parent(q, call, link, id, 'f', fields[4] or '""')
      count = count + 1
    end
  end
end
settle_and_wake(q, call, t, meta[1])
write_outbox(q, call, t)
publish(q.events, call.events, meta[2])
return count
