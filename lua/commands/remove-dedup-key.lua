--- Ends a deduplication by hand. What was kept to run after the owner is added now, so that it is not lost.
-- @key meta waiting prioritized delayed active completed failed events wake limits
-- @derives job body writer dedup limit groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          of the deduplication
-- @arg owner text       only while this job owns it; '' for any owner
-- @word ok
-- @word missing -- when there is nothing to end
-- @cost O(1)
-- @use server-time job-record send once count-up events moves wake take-delayed time-left limits change-limits read-spec
-- @use place-new release-dedup end-dedup
-- @grouped group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

local call = { moves = new_moves(server_time(now)), events = new_events() }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
local stored = redis.call('HMGET', q.dedup .. id, 'owner', 'until')
local current = stored[1]
local over = stored[2] and tonumber(stored[2]) <= call.moves.now
local word = 'missing'
if current and not over and (owner == '' or owner == current) then
  redis.call('HDEL', q.dedup .. id, 'until')
  release_dedup(q, call, id, current)
  -- The job that was kept is added as the new owner of the key: that one goes too.
  redis.call('DEL', q.dedup .. id)
  write_moves(q, call.moves)
  wake_for(q, call.moves, meta[1])
  publish(q.events, call.events, meta[2])
  word = 'ok'
end
remember(session, seq, word)
return word
