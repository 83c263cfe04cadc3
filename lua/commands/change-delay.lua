--- Makes a delayed job due some time from now instead.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @derives job body writer limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          may name the life of the job that is meant, see `this_life`
-- @arg delay int        milliseconds from now
-- @word ok missing not-delayed
-- @cost O(log N)
-- @use server-time job-record job-records write-record send once this-life count-up events moves wake promote-due state-of free-places take-out
-- @rare unreadable fail-next
-- @grouped time-left group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end
id = this_life(q, id)

local moves, events = new_moves(server_time(now)), new_events()
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
local earliest = first_due(q)
local state = state_of(q, id)
local word = 'ok'
if not state then
  word = 'missing'
elseif state ~= 'delayed' then
  word = 'not-delayed'
end

if word == 'ok' then
  local due = moves.now + delay
  take_out(q, id, state)
  move(moves, 'delayed', { id = id, due = due })
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'state', 'delayed', 'delay', delay)
  write_moves(q, moves)
  emit(events, 'delayed', id .. '\t' .. due)
  if due < earliest then
    wake_one(q)
  end
  publish(q.events, events, meta[2])
end
remember(session, seq, word)
return word
