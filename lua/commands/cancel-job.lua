--- Cancels a job that has not ended. One that nothing has to be done for fails at once. One whose steps may have to be
-- undone goes to a worker, in front, which fails it; one that runs has its worker notified, which aborts it.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences
-- @key limits limited holders notices metrics completed-points failed-points
-- @derives job body logs writer dedup children posted limit parked scheduler groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          may name the life of the job that is meant, see `this_life`
-- @arg reason text      JSON text
-- @arg keep text        what to keep of failed jobs, see `read_policy`
-- @arg undo int         0 to leave what its steps have done
-- @word cancelled
-- @word posted -- cancelled, and the outbox has a message to a parent in another queue
-- @word cancelling -- when a worker ends it
-- @word unchanged -- when it is being cancelled already
-- @word undoing -- when it fails already and its steps are being undone
-- @word scheduled -- where it is the next job of a scheduler
-- @word finished missing
-- @cost O(log N), O(N) for a job in the plain list
-- @use extras server-time job-record write-record send once this-life count-up events moves wake state-of is-pending free-places take-out erase
-- @use retention finish-job notify-workers take-delayed allow-when-full unreadable children settle-child fail-next
-- @use settle-here
-- @rare count-ends time-left limits change-limits read-spec place-new release-dedup post notify-parent leave-parents
-- @grouped time-left group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end
id = this_life(q, id)

local call = { moves = new_moves(server_time(now)), events = new_events(), policies = {} }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'metrics')
local state = state_of(q, id)
local fields = job_fields(q, id, 'cancelled', 'failure', 'step', 'token', 'priority', 'dedup', 'attemptsMade', 'parent'
)

local function reply(word)
  remember(session, seq, word)
  return word
end

if not state then
  return reply('missing')
elseif state == 'completed' or state == 'failed' then
  return reply('finished')
elseif state ~= 'active' and is_pending(q, id) then
  return reply('scheduled')
elseif fields[1] then
  return reply('unchanged')
elseif fields[2] then
  return reply('undoing')
end

allow_when_full(q)
as_hash(q, id)
local mark = (undo == 1 and 'u' or 'k') .. reason

-- A worker that takes it, or holds it, fails it for the reason that is noted.
local function let_worker_end()
  redis.call('HSET', q.job .. id, 'state', state, 'cancelled', mark, 'deferred', reason)
  if state == 'active' then
    notify_cancelled(q, id, fields[4], mark)
  else
    take_out(q, id, state)
    redis.call('HSET', q.job .. id, 'state', place(call.moves, id, fields[5], true), 'delay', 0)
    write_moves(q, call.moves)
    if state ~= 'waiting' and state ~= 'prioritized' then
      emit(call.events, 'waiting', id .. '\t' .. state)
    end
    wake_for(q, call.moves, meta[1])
  end
  publish(q.events, call.events, meta[2])
  return 'cancelling'
end

if state == 'active' or (undo == 1 and fields[3]) then
  return reply(let_worker_end())
end

take_out(q, id, state)
redis.call('HDEL', q.job .. id, 'deferred')
local kept = finish_job(
  q, call, id, 'failed', fields[6], fields[7] or '0', keep, 'failedReason', reason, 'stack', '[]', 'cancelled', mark
)
emit(call.events, 'failed', id .. '\t' .. shown(reason))
emit(call.events, 'cancelled', id .. '\t' .. shown(reason))
local link = fields[8]
if link then
  -- As in `fail_job`.
  local is_gone = not kept and string.sub(link, 1, 1) == '-'
  rare().notify_parent(q, call, link, id, is_gone and 'r' or 'f', is_gone and '' or reason)
end
write_moves(q, call.moves)
trim_finished(q, call)
wake_for(q, call.moves, meta[1])
settle_and_wake(q, call, call.moves.now, meta[1])
local word = call.outbox and rare().write_outbox(q, call, call.moves.now) and 'posted' or 'cancelled'
if meta[3] then
  rare().count_ends(q, call.events, meta[3], call.moves.now)
end
publish(q.events, call.events, meta[2])
return reply(word)
