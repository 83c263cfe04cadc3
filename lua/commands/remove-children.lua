--- Removes jobs that are children of one parent, but none that a worker holds. May be repeated.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences
-- @key limits limited holders
-- @derives job body logs dedup children posted limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg parent text      what the keys of the parent's queue begin with, a tab, its id
-- @arg unfinished int   1 to leave those that have ended, and to notify the parent; 0 when it is gone
-- @rest the ids, 500 at most
-- @value list
-- @reply the ids removed
-- @cost O(K log N) for K jobs, O(N) for each in the plain list
-- @use extras server-time job-record write-record send count-up events moves wake state-of free-places take-out erase time-left limits change-limits
-- @use take-delayed read-spec place-new release-dedup end-dedup post notify-parent leave-parents allow-when-full unreadable
-- @use children settle-child fail-next settle-here
-- @grouped group-records groups group-moves

local REMOVE_CAP = 500
if #ARGV - rest + 1 > REMOVE_CAP then
  return redis.error_reply('ERR too many jobs in one call')
end

local call = { moves = new_moves(server_time(now)), events = new_events() }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'limits')

local function may_go(id, state)
  local link = try_field(q, id, 'parent')
  if not state or type(link) ~= 'string' or string.sub(link, 2) ~= parent then
    return false
  elseif state == 'active' then
    return unfinished == 0 and tonumber(redis.call('ZSCORE', q.active, id) or 0) <= call.moves.now
  end
  return unfinished == 0 or (state ~= 'completed' and state ~= 'failed')
end

local removed, seen, opened = {}, {}, false
for at = rest, #ARGV do
  local id = ARGV[at]
  local state = not seen[id] and state_of(q, id)
  seen[id] = true
  if may_go(id, state) then
    opened = take_out(q, id, state) or (state == 'active' and meta[3]) or opened
    emit(call.events, 'removed', id .. '\t' .. state)
    removed[#removed + 1] = id
  end
end
if #removed > 0 then
  end_dedup(q, call, removed)
  if unfinished == 1 then
    leave_parents(q, call, removed)
  end
  erase(q, removed)
  write_moves(q, call.moves)
  settle_and_wake(q, call, call.moves.now, meta[1])
  write_outbox(q, call, call.moves.now)
  wake_for(q, call.moves, meta[1])
  if opened and not meta[1] then
    wake_one(q)
  end
  publish(q.events, call.events, meta[2])
end
return removed
