--- Ends a job's delay: it goes to the back of where it waits, which its priority decides.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @derives job body writer limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          may name the life of the job that is meant, see `this_life`
-- @word ok missing not-delayed
-- @cost O(log N)
-- @use server-time job-record write-record send once this-life count-up events moves wake state-of free-places take-out
-- @grouped time-left group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end
id = this_life(q, id)

local moves, events = new_moves(server_time(now)), new_events()
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
local state = state_of(q, id)
local word = 'ok'
if not state then
  word = 'missing'
elseif state ~= 'delayed' then
  word = 'not-delayed'
end

if word == 'ok' then
  take_out(q, id, state)
  local placed = place(moves, id, job_field(q, id, 'priority'), false)
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'state', placed, 'delay', 0)
  write_moves(q, moves)
  emit(events, 'waiting', id .. '\tdelayed')
  if not meta[1] then
    wake_one(q)
  end
  publish(q.events, events, meta[2])
end
remember(session, seq, word)
return word
