--- Gives a job another priority. One that waits moves to its new class at once, 0 being the plain list; one in any
-- other state uses the priority when it waits next. Its group stays.
-- @key meta waiting prioritized delayed active completed failed limits limited holders
-- @derives job body writer limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          may name the life of the job that is meant, see `this_life`
-- @arg priority int
-- @arg front int        1 for the front of the class
-- @word ok missing
-- @cost O(log N), O(N) for a job in the plain list
-- @use server-time job-record write-record send once this-life count-up moves state-of free-places take-out
-- @grouped time-left group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end
id = this_life(q, id)

local moves = new_moves(server_time(now))
local state = state_of(q, id)
if state then
  local stored = job_field(q, id, 'priority')
  local asked = stored and grouped().keep_group(stored, priority) or priority
  if state == 'waiting' or state == 'prioritized' then
    take_out(q, id, state)
    state = place(moves, id, asked, front == 1)
  end
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'state', state, 'priority', asked)
  write_moves(q, moves)
end
local word = state and 'ok' or 'missing'
remember(session, seq, word)
return word
