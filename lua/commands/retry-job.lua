--- Makes a finished job wait again, at the back or the front of where its priority has it wait.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences
-- @key limits limited holders
-- @derives job body writer children posted limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          may name the life of the job that is meant, see `this_life`
-- @arg expected text    the state that the job must be in: failed or completed
-- @arg front int        1 for the front
-- @arg resetMade int    1 to count attempts made from 0 again
-- @arg resetStarted int 1 to count attempts started from 0 again
-- @word ok missing not-failed not-completed
-- @word posted -- when the outbox has a message to a parent in another queue
-- @cost O(log N)
-- @use extras server-time job-record write-record send once this-life count-up events moves wake state-of free-places take-out restart post
-- @use notify-parent take-delayed allow-when-full unreadable children settle-child fail-next settle-here
-- @grouped time-left group-records groups group-moves

if expected ~= 'failed' and expected ~= 'completed' then
  return redis.error_reply('ERR only finished jobs can be retried')
end
local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end
id = this_life(q, id)

local moves, events = new_moves(server_time(now)), new_events()
local call = { events = events }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
local state = state_of(q, id)
local word = 'ok'
if not state then
  word = 'missing'
elseif state ~= expected then
  word = 'not-' .. expected
end

if word == 'ok' then
  take_out(q, id, state)
  local dropped = {}
  if resetMade == 1 then
    dropped[#dropped + 1] = 'attemptsMade'
  end
  if resetStarted == 1 then
    dropped[#dropped + 1] = 'attemptsStarted'
  end
  if state == 'completed' then
    dropped[#dropped + 1] = 'step'
  end
  local fields = job_fields(q, id, 'priority', 'parent')
  restart(q, id, place(moves, id, fields[1], front == 1), unpack(dropped))
  write_moves(q, moves)
  local link = fields[2]
  if link then
    emit_rerun(q, call, link, id)
  end
  settle_and_wake(q, call, moves.now, meta[1])
  word = write_outbox(q, call, moves.now) and 'posted' or 'ok'
  emit(events, 'waiting', id .. '\t' .. state)
  if not meta[1] then
    wake_one(q)
  end
  publish(q.events, events, meta[2])
end
remember(session, seq, word)
return word
