--- Takes the next slots of schedulers as a client has planned them, and goes on where a scheduler has no job for want of them.
-- What was planned from another place than where the list ends now is left alone, so that a call may be repeated.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @seldom unreadable
-- @derives job body logs dedup children scheduler schedulers limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @each plan id revision after slots complete:flag left_out -- after the last slot before these, 1 when no slot follows, how many passed ones were left out
-- @value int
-- @reply how many were taken
-- @cost O(K log N) for K schedulers, 100 at most
-- @use server-time job-record write-record send count-up events moves wake state-of free-places take-out erase take-delayed time-left limits
-- @use change-limits read-spec place-new release-dedup end-dedup deduplicate unreadable lay-aside scheduler slots
-- @grouped group-records groups group-moves

local PLAN_CAP = 100
if #ARGV - rest + 1 > plan.size * PLAN_CAP then
  return redis.error_reply('ERR too many schedulers in one call')
elseif (#ARGV - rest + 1) % plan.size ~= 0 then
  return redis.error_reply('ERR a scheduler lacks a part')
end
for at = rest, #ARGV, plan.size do
  local dropped = whole(plan.left_out)
  for slot in string.gmatch(plan.slots, '[^,]+') do
    dropped = dropped and whole(slot) and dropped
  end
  if not dropped then
    return redis.error_reply('ERR slots are no whole numbers')
  end
end

local call = { moves = new_moves(server_time(now)), events = new_events() }

-- Whether the plan goes on from where the scheduler is.
local function take_plan(at)
  local id, slots = plan.id, plan.slots
  local s = read_scheduler(q, id)
  if not s then
    redis.call('ZREM', q.schedulers .. 'unplanned', id)
    return false
  end
  local revision = redis.call('HGET', q.scheduler .. id, 'revision')
  if revision ~= plan.revision or (s.last or '') ~= plan.after then
    return false
  end
  s.complete = plan.complete == '1' and '1' or s.complete
  s.slots = s.slots ~= '' and slots ~= '' and s.slots .. ',' .. slots or s.slots .. slots
  local last = string.match(slots, '%d+$')
  if last then
    redis.call('HSET', q.scheduler .. id, 'slots', s.slots, 'last', last)
  end
  if s.complete then
    redis.call('HSET', q.scheduler .. id, 'complete', '1')
  end
  redis.call('ZREM', q.schedulers .. 'unplanned', id)
  local dropped = tonumber(plan.left_out)
  if dropped > 0 then
    emit(call.events, 'schedule-missed', id .. '\t' .. dropped .. '\t\t')
  end
  if s.job == '' and not s.paused then
    advance(q, call, s)
  end
  return true
end

local taken = 0
for at = rest, #ARGV, plan.size do
  if take_plan(at) then
    taken = taken + 1
  end
end
if #ARGV >= rest then
  write_moves(q, call.moves)
  local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
  wake_for(q, call.moves, meta[1])
  publish(q.events, call.events, meta[2])
end
return taken
