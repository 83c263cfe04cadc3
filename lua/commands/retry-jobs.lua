--- Makes finished jobs wait again, the first finished first, at the back of where their priority has them wait.
-- Repeat it with the time it returns until it moves none: jobs that finish meanwhile are then left alone.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences
-- @derives job body children posted groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg state text       failed or completed
-- @arg count int        how many at most, capped at 500
-- @arg before int       only jobs finished at or before this time, 0 for the time of this call
-- @returns moved:int before:int
-- @reply how many were moved, the time that was used
-- @cost O(K log N) for K jobs
-- @use extras server-time job-record write-record send count-up events moves wake state-of restart post notify-parent take-delayed allow-when-full
-- @use unreadable children settle-child fail-next settle-here
-- @grouped time-left group-records groups group-moves

local RETRY_CAP = 500
if state ~= 'failed' and state ~= 'completed' then
  return redis.error_reply('ERR only finished jobs can be retried')
end
local moves, events = new_moves(server_time(now)), new_events()
local latest = before > 0 and before or moves.now
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')

local call, ids, priorities = { events = events }, {}, {}
local dropped = state == 'completed' and { 'step' } or {}
local size = math.min(count, RETRY_CAP)
for _, id in ipairs(size > 0 and redis.call('ZRANGE', q[state], 0, size - 1) or {}) do
  local fields = try_fields(q, id, 'finishedOn', 'parent', 'priority')
  if fields.err then
    renewed_fields(q, id, fields)
  end
  if (tonumber(fields[1] or nil) or 0) > latest then
    break
  end
  if fields[2] then
    emit_rerun(q, call, fields[2], id)
  end
  ids[#ids + 1] = id
  priorities[#ids] = fields[3]
end

if #ids > 0 then
  send('ZREM', q[state], ids)
  for i, id in ipairs(ids) do
    restart(q, id, place(moves, id, priorities[i], false), unpack(dropped))
    emit(events, 'waiting', id .. '\t' .. state)
  end
  write_moves(q, moves)
  settle_and_wake(q, call, moves.now, meta[1])
  write_outbox(q, call, moves.now)
  if not meta[1] then
    wake_one(q)
  end
  publish(q.events, events, meta[2])
end
return { #ids, latest }
