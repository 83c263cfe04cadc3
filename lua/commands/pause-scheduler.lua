--- Lets a scheduler make no further job, or go on. Its job that is to come goes; what passes meanwhile is not missed.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @seldom unreadable
-- @derives job body logs writer dedup children scheduler schedulers limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text
-- @arg paused int       1 to pause, 0 to go on
-- @word ok unchanged missing
-- @word unreadable -- where it was laid aside
-- @word unplanned -- when slots have to be planned first
-- @cost O(log N), O(N) where the job that was to come is in the plain list
-- @use server-time job-record write-record send once count-up events moves wake state-of free-places take-out erase take-delayed time-left
-- @use limits
-- @use change-limits read-spec place-new release-dedup end-dedup deduplicate replace-pending unreadable lay-aside scheduler slots
-- @grouped group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

local call = { moves = new_moves(server_time(now)), events = new_events() }
local s, lost = read_scheduler(q, id)
local word = 'ok'
if not s then
  word = lost and 'unreadable' or 'missing'
elseif (s.paused and 1 or 0) == paused then
  word = 'unchanged'
elseif paused == 1 then
  local state = replace_pending(q, call, s.job)
  if state then
    emit(call.events, 'removed', s.job .. '\t' .. state)
  end
  -- A job that did not run counts for nothing.
  local undone = state and 1 or 0
  redis.call(
    'HSET', q.scheduler .. id, 'paused', '1', 'job', '', 'made', digits(math.max(s.made - undone, 0)),
    'count', digits(math.max(s.count - undone, 0))
  )
  if state and not s.every then
    -- It may be resumed before that slot.
    redis.call('HSET', q.scheduler .. id, 'slots', digits(s.slot) .. (s.slots ~= '' and ',' or '') .. s.slots)
  end
  redis.call('ZREM', q.schedulers .. 'unplanned', id)
else
  redis.call('HDEL', q.scheduler .. id, 'paused')
  -- Nobody misses what passed.
  s.missed = 'skip'
  if s.every then
    local passed = call.moves.now - s.spread - s.slot
    s.slot = passed > 0 and s.slot + math.ceil(passed / s.every) * s.every - s.every or s.slot - s.every
  else
    local left = {}
    for _, slot in ipairs(split_slots(s.slots)) do
      if slot >= call.moves.now - s.spread then
        left[#left + 1] = slot
      end
    end
    s.slots = table.concat(left, ',')
  end
  word = advance(q, call, s) == 'unplanned' and 'unplanned' or 'ok'
end

if word == 'ok' or word == 'unplanned' then
  write_moves(q, call.moves)
  local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
  wake_for(q, call.moves, meta[1])
  publish(q.events, call.events, meta[2])
end
remember(session, seq, word)
return word
