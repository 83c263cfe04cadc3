--- Lets a parent no longer wait for a child that has not ended; the child goes on by itself.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences
-- @derives job body writer children posted groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          may name the life of the job that is meant, see `this_life`
-- @word ok missing
-- @word posted -- when the outbox has a message to a parent in another queue
-- @word unchanged -- when no parent waits for it
-- @cost O(log N)
-- @use extras server-time job-record write-record send once this-life count-up events moves wake state-of post notify-parent take-delayed
-- @use allow-when-full
-- @use unreadable children settle-child fail-next settle-here
-- @grouped time-left group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end
id = this_life(q, id)

local t = server_time(now)
local state = state_of(q, id)
local link = job_field(q, id, 'parent')
local word = 'missing'
if state then
  local ended = state == 'completed' or (state == 'failed' and link and string.sub(link, 1, 1) ~= '-')
  word = link and not ended and 'ok' or 'unchanged'
end
if word == 'ok' then
  local call = { events = new_events() }
  local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
  as_hash(q, id)
  redis.call('HDEL', q.job .. id, 'parent')
  notify_parent(q, call, link, id, 'r', '')
  settle_and_wake(q, call, t, meta[1])
  word = write_outbox(q, call, t) and 'posted' or 'ok'
  publish(q.events, call.events, meta[2])
end
remember(session, seq, word)
return word
