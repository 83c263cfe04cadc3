--- Removes a scheduler, and its next job where that is delayed. One that waits for a worker, or runs, is the last.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @seldom unreadable
-- @derives job body logs writer dedup children scheduler schedulers limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text
-- @word ok missing
-- @cost O(log N)
-- @use server-time job-record send once count-up events moves wake state-of free-places take-out erase take-delayed time-left
-- @use limits
-- @use change-limits read-spec place-new release-dedup end-dedup replace-pending lay-aside scheduler
-- @grouped group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

local call = { moves = new_moves(server_time(now)), events = new_events() }
local s, lost = read_scheduler(q, id)
local word = 'missing'
if s or lost then
  remove_scheduler(q, call, s or { id = id, job = lost })
  write_moves(q, call.moves)
  local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
  wake_for(q, call.moves, meta[1])
  publish(q.events, call.events, meta[2])
  word = 'ok'
end
remember(session, seq, word)
return word
