-- Schedulers whose next job has vanished, as by an eviction or by hand: nothing would ever bring the one after it. A slot that is
-- long past is looked at; one whose body alone is gone comes all the same, see `renewed_body`.
local OVERDUE_MS = 60000
local LOST_CAP = 20

local function has_lost(q, job)
  local fields = try_fields(q, job, 'scheduler', 'state')
  -- What holds something else fails when it is taken, and is followed.
  if fields.err then
    return false
  end
  return not fields[1] or (fields[2] == 'delayed' and not redis.call('ZSCORE', q.delayed, job))
end

-- Lets them wait for a plan, which goes on with their next slot.
local function let_go_on(q, events, t)
  local upto = string.format('%.0f', t - OVERDUE_MS)
  local overdue = redis.call('ZCOUNT', q.schedulers .. 'next', '-inf', upto)
  if overdue == 0 then
    return
  end
  -- Where many wait for a worker, each look is at others.
  local first = overdue > LOST_CAP and t % (overdue - LOST_CAP + 1) or 0
  local ids = redis.call('ZRANGEBYSCORE', q.schedulers .. 'next', '-inf', upto, 'LIMIT', string.format('%.0f', first), LOST_CAP)
  for _, id in ipairs(ids) do
    local fields = redis.pcall('HMGET', q.scheduler .. id, 'job', 'slot')
    local job = not fields.err and fields[1] or ''
    if job ~= '' and has_lost(q, job) then
      redis.call('HSET', q.scheduler .. id, 'job', '')
      redis.call('ZADD', q.schedulers .. 'unplanned', 0, id)
      emit(events, 'schedule-skipped', table.concat({ id, job, fields[2] or '', 'lost' }, '\t'))
    end
  end
end
