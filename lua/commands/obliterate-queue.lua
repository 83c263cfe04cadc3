--- Deletes a paused queue with everything in it, in slices. Repeat it while it replies more.
-- What remembers the last call of each writer, and the last message of each queue, is left to expire, and so are the events:
-- readers have yet to learn of the jobs that went.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake limiter outbox fences inbox
-- @key staging metrics completed-points failed-points unreadable limits limited holders notices
-- @derives job body logs dedup children staged posted scheduler schedulers limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg count int        how many jobs at most, capped at 500
-- @arg force int        1 to delete active jobs as well, 2 to drop jobs of flows besides that other queues have not taken yet
-- @word not-paused
-- @word active -- when there are active jobs
-- @word more done
-- @says undelivered target -- what the keys of a queue begin with that has to be notified first: it has parents
-- @says unsent target -- the same where jobs of flows have to be added
-- @cost O(K log N) for K jobs
-- @use server-time job-record send count-up events emit-removed free-places take-out erase forget-dedup post notify-parent
-- @use leave-parents lines
-- @grouped time-left group-records groups group-moves

local OBLITERATE_CAP = 500
local REMEMBER_MS = 3600000
if redis.call('HEXISTS', q.meta, 'paused') == 0 then
  return 'not-paused'
end
if force == 0 and redis.call('ZCARD', q.active) > 0 then
  return 'active'
end

-- Jobs of flows may be dropped with their queue, which has none of the parents any more. That a child has ended may not.
local function tells_parents(line)
  for at = line.count, math.min(line.count + OBLITERATE_CAP, line.size) - 1 do
    local message = redis.call('LINDEX', line.key, at)
    local _, _, _, from = string.match(message, POSTED_MESSAGE)
    while from do
      local kind = string.match(message, '^%a+', from)
      if kind == 'settle' or kind == 'ends' or kind == 'relink' then
        return true
      end
      from = string.find(message, ELEMENT.next_message, from, true)
      from = from and from + 1
    end
  end
  return false
end

local t = server_time(now)
local call = { events = new_events() }
local max_events = redis.call('HGET', q.meta, 'maxEvents')
local left = math.max(math.min(count, OBLITERATE_CAP), 1)
for _, state in ipairs({
  'waiting-children', 'limited', 'grouped', 'waiting', 'prioritized', 'delayed', 'active', 'completed', 'failed',
}) do
  local ids = take_first(q, state, left)
  if state == 'active' then
    free_places(q, ids)
  end
  forget_dedup(q, ids)
  leave_parents(q, call, ids)
  erase(q, ids)
  emit_removed(call.events, (state == 'limited' or state == 'grouped') and 'waiting' or state, ids)
  left = left - #ids
end
if left > 0 then
  local schedulers = redis.call('ZPOPMIN', q.schedulers .. 'next', left)
  for i = 1, #schedulers, 2 do
    redis.call('UNLINK', q.scheduler .. schedulers[i])
    left = left - 1
  end
end
for _, list in ipairs({ 'kept', 'paused' }) do
  local groups = left > 0 and redis.call('ZPOPMIN', q.groups .. list, left) or {}
  for i = 1, #groups, 2 do
    redis.call('UNLINK', q.group .. groups[i])
    left = left - 1
  end
end
write_outbox(q, call, t)
publish(q.events, call.events, max_events)
if left == 0 then
  return 'more'
end
local lines = redis.call('HGETALL', q.outbox)
local past = history()
local unsent
for i = 1, #lines, 2 do
  local line = read_line(q, lines[i], lines[i + 1], past, t)
  if line.count < line.size then
    if tells_parents(line) then
      return undelivered.text(line.target)
    end
    unsent = unsent or line
  end
end
if unsent and force < 2 then
  return unsent.text(unsent.target)
elseif unsent and unsent.size - unsent.count > OBLITERATE_CAP then
  redis.call('LTRIM', unsent.key, unsent.count + OBLITERATE_CAP, -1)
  return 'more'
end
for i = 1, #lines, 2 do
  redis.call('UNLINK', q.posted .. lines[i])
end
for _, id in ipairs(redis.call('ZRANGE', q.staging, 0, OBLITERATE_CAP - 1)) do
  redis.call('UNLINK', q.staged .. id)
end
for _, field in ipairs(redis.call('HKEYS', q.fences)) do
  if string.sub(field, 1, 1) == '#' then
    redis.call('UNLINK', q.staged .. string.sub(field, 2))
  end
end
for _, name in ipairs(redis.call('ZRANGE', q.limits, 0, -1)) do
  redis.call('UNLINK', q.limit .. name, q.parked .. name)
end
redis.call(
  'UNLINK', q.meta, q.waiting, q.prioritized, q.delayed, q.active, q.completed, q.failed, q['waiting-children'],
  q.wake, q.limiter, q.staging, q.unreadable, q.outbox, q.fences, q.metrics, q['completed-points'], q['failed-points'],
  q.schedulers .. 'unplanned', q.schedulers .. 'code', q.limits, q.limited, q.holders, q.notices
)
redis.call('PEXPIRE', q.inbox, REMEMBER_MS)
redis.call('PEXPIRE', q.events, REMEMBER_MS)
return 'done'
