--- Emits something that only those who publish and listen know the meaning of.
-- @key meta events
-- @derives writer
-- @arg writer text
-- @arg seq text
-- @arg event text       JSON of its name and fields
-- @arg max int          entries to keep at least; a queue that keeps more goes on doing so
-- @word ok
-- @cost O(1)
-- @use once count-up events

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

local own = whole(redis.call('HGET', q.meta, 'maxEvents')) or tonumber(DEFAULT_MAX_EVENTS)
local events = new_events()
emit(events, 'custom', event)
publish(q.events, events, math.max(own, max))
remember(session, seq, 'ok')
return 'ok'
