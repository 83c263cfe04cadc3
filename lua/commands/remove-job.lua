--- Removes a job and all that it owns, unless a worker holds it. What was kept to run after it is added.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences
-- @key limits limited holders
-- @derives job body logs writer dedup children posted limit parked scheduler groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          may name the life of the job that is meant, see `this_life`
-- @word ok missing
-- @word posted -- when the outbox has a message to a parent in another queue
-- @word scheduled -- where it is the next job of a scheduler
-- @word locked -- while it is active under a lock that has not expired
-- @cost O(log N), O(N) for a job in the plain list
-- @use extras server-time job-record write-record send once this-life count-up events moves wake state-of is-pending free-places take-out erase
-- @use time-left limits change-limits take-delayed read-spec place-new release-dedup end-dedup post notify-parent
-- @use leave-parents allow-when-full unreadable children settle-child fail-next settle-here
-- @grouped group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end
id = this_life(q, id)

local call = { moves = new_moves(server_time(now)), events = new_events() }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'limits')
local state = state_of(q, id)
local word = 'ok'
if not state then
  word = 'missing'
elseif state == 'active' and tonumber(redis.call('ZSCORE', q.active, id) or 0) > call.moves.now then
  word = 'locked'
elseif is_pending(q, id) then
  word = 'scheduled'
end

if word == 'ok' then
  local opened = take_out(q, id, state) or (state == 'active' and meta[3])
  emit(call.events, 'removed', id .. '\t' .. state)
  end_dedup(q, call, { id })
  leave_parents(q, call, { id })
  erase(q, { id })
  write_moves(q, call.moves)
  wake_for(q, call.moves, meta[1])
  if opened and not meta[1] then
    wake_one(q)
  end
  settle_and_wake(q, call, call.moves.now, meta[1])
  word = write_outbox(q, call, call.moves.now) and 'posted' or 'ok'
  publish(q.events, call.events, meta[2])
end
remember(session, seq, word)
return word
