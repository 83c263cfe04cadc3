--- Lets a parent no longer wait for a child that has not ended; the child goes on by itself.
-- @key meta waiting prioritized delayed active completed failed outbox
-- @derives job body writer
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          may name the life of the job that is meant, see `this_life`
-- @reply told, missing, or unchanged when no parent waits for it
-- @cost O(log N)
-- @use server-time send once this-life state-of post tell-parent

local lane = q.writer .. writer
local known = recall(lane, seq)
if known then
  return known
end
id = this_life(q, id)

local t = server_time(now)
local state = state_of(q, id)
local link = redis.call('HGET', q.job .. id, 'parent')
local word = 'missing'
if state then
  local ended = state == 'completed' or (state == 'failed' and link and string.sub(link, 1, 1) ~= '-')
  word = link and not ended and 'told' or 'unchanged'
end
if word == 'told' then
  local call = {}
  redis.call('HDEL', q.job .. id, 'parent')
  tell_parent(call, link, id, 'r', '')
  write_outbox(q, call, t)
end
remember(lane, seq, word)
return word
