--- Ends the delay of many jobs: they go to the back of the plain list, the first due first, whatever their priority.
-- Repeat it until it moves none.
-- @key meta waiting prioritized delayed active completed failed events wake
-- @derives job
-- @arg now int          0 for Redis' clock
-- @arg count int        how many at most, capped at 1000
-- @reply how many were moved
-- @cost O(K log N) for K jobs
-- @use server-time send events moves wake take-out

local PROMOTE_CAP = 1000
local moves, events = new_moves(server_time(now)), new_events()
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')

local ids = take_first(q, 'delayed', math.min(count, PROMOTE_CAP))
if #ids > 0 then
  for _, id in ipairs(ids) do
    redis.call('HSET', q.job .. id, 'state', place(moves, id, nil, false), 'delay', 0)
    emit(events, 'waiting', id .. '\tdelayed')
  end
  write_moves(q, moves)
  if not meta[1] then
    wake_one(q)
  end
  publish(q.events, events, meta[2])
end
return #ids
