--- Removes a job and all that it owns, unless a worker holds it.
-- @key meta waiting prioritized delayed active completed failed events
-- @derives job body logs writer dedup
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text
-- @reply ok, missing, or locked while it is active under a lock that has not expired
-- @cost O(log N), O(N) for a job in the plain list
-- @use server-time send once events state-of take-out erase forget-dedup

local lane = q.writer .. writer
local known = recall(lane, seq)
if known then
  return known
end

local events = new_events()
local max_events = redis.call('HGET', q.meta, 'maxEvents')
local state = state_of(q, id)
local word = 'ok'
if not state then
  word = 'missing'
elseif state == 'active' and tonumber(redis.call('ZSCORE', q.active, id) or 0) > server_time(now) then
  word = 'locked'
end

if word == 'ok' then
  take_out(q, id, state)
  forget_dedup(q, { id })
  erase(q, { id })
  emit(events, 'removed', id .. '\t' .. state)
  publish(q.events, events, max_events)
end
remember(lane, seq, word)
return word
