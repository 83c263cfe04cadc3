--- Adds a job of a scheduler now, beside its slots: it is due at once, counts for no limit, and runs whatever is going on.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @seldom unreadable
-- @derives job body writer scheduler schedulers limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text
-- @says ok id state delay priority body
-- @word missing
-- @word unreadable -- where it was laid aside
-- @word taken -- when there are too many jobs of this millisecond
-- @cost O(log N)
-- @use server-time job-record send once count-up events moves wake state-of time-left limits change-limits read-spec lay-aside
-- @use scheduler
-- @grouped group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

local RUNS = 1000
local call = { moves = new_moves(server_time(now)), events = new_events() }
local s, lost = read_scheduler(q, id)
local job
if s then
  for slot = call.moves.now, call.moves.now + RUNS do
    job = job_of(s, slot)
    if redis.call('EXISTS', q.body .. job, q.job .. job) == 0 then
      break
    end
    job = nil
  end
end
local reply = s and 'taken' or lost and 'unreadable' or 'missing'
if job then
  local asked = s.asked
  local body = call.moves.stamp .. '\n' .. body_of(s, call.moves.now)
  local state = place(call.moves, job, asked.priority, asked.front)
  redis.call('SET', q.body .. job, body)
  if asked.priority then
    redis.call('HSET', q.job .. job, 'state', state, 'priority', asked.priority)
  end
  if asked.limits then
    redis.call('HSET', q.job .. job, 'state', state, 'limits', asked.limits)
    asked.await(q, call.moves, asked.limits)
  end
  emit(call.events, 'added', job .. '\t' .. string.match(s.head, '^[^\n]*'))
  write_moves(q, call.moves)
  local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
  wake_for(q, call.moves, meta[1])
  publish(q.events, call.events, meta[2])
  reply = ok.text(job, state, '0', asked.priority or '', body)
end
remember(session, seq, reply)
return reply
