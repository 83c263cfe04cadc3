--- Ends the delay of some jobs: they go to the back of where their priority has them wait, in the order in which they are named.
-- @key meta waiting prioritized delayed active completed failed events wake
-- @derives job groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @rest the ids, 500 at most; one that is not delayed is left alone
-- @value int
-- @reply how many were moved
-- @cost O(K log N) for K jobs
-- @use server-time job-record write-record send count-up events moves wake
-- @grouped time-left group-records groups group-moves

local PROMOTE_CAP = 500
if #ARGV - rest + 1 > PROMOTE_CAP then
  return redis.error_reply('ERR too many jobs in one call')
end

local moves, events = new_moves(server_time(now)), new_events()
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')

local moved = 0
for at = rest, #ARGV do
  local id = ARGV[at]
  local priority = try_field(q, id, 'priority')
  -- One whose fields cannot be read fails when it is due.
  if type(priority) ~= 'table' and redis.call('ZREM', q.delayed, id) == 1 then
    local state = place(moves, id, priority, false)
    as_hash(q, id)
    redis.call('HSET', q.job .. id, 'state', state, 'delay', 0)
    emit(events, 'waiting', id .. '\tdelayed')
    moved = moved + 1
  end
end
if moved > 0 then
  write_moves(q, moves)
  if not meta[1] then
    wake_one(q)
  end
  publish(q.events, events, meta[2])
end
return moved
