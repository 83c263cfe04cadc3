--- What there is to say of why a job does not run now, at one moment.
-- @key meta waiting prioritized delayed active limiter limits limited
-- @derives job body dedup limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg id text
-- @returns now:int state fields:list is_paused:yes closed_ms:int concurrency:maybe max:maybe active:int alive:int started:int window_ms:int ahead:int at:int held_by group:[group_parts]? named:limit_parts*
-- @reply time, state ('' for no such job), stored fields, 1 when the queue is paused, ms for which its rate limit is closed by
--        hand, how many jobs may run at a time and start in a window ('' any number), active jobs, those whose lock has not expired, starts in its window, ms left
--        of that, jobs ahead where it waits, when it is due or its lock expires, the run that the job of a slot is held by,
--        what there is of its group, see `describe_group`, then what there is of each limit that it names, see `describe_limit`
-- @cost O(log N), O(N) for a job in the plain list
-- @use server-time job-record time-left state-of limits describe-limit send group-records describe-group

local t = server_time(now)
local state = state_of(q, id) or ''
local meta = redis.call('HMGET', q.meta, 'paused', 'closedUntil', 'limits')
local window = redis.call('HMGET', q.limiter, 'count', 'until', 'length')
local left = time_left(window[2], window[3], t)
local stamp = string.format('%.0f', t)

local function before(key)
  local score = redis.call('ZSCORE', key, id)
  return score and redis.call('ZCOUNT', key, '-inf', '(' .. score) or 0
end

local group = group_in(job_field(q, id, 'priority') or '')

local function ahead()
  local limit = job_field(q, id, 'limitedBy')
  if limit then
    return before(q.parked .. limit)
  elseif state == 'waiting' and group then
    return before(q.grouped .. group)
  elseif state == 'waiting' then
    return redis.call('LPOS', q.waiting, id) or 0
  elseif state == 'prioritized' then
    return redis.call('LLEN', q.waiting) + before(q.prioritized)
  end
  return 0
end

-- See `admit`.
local function held_by()
  local scheduler = state == 'delayed' and job_field(q, id, 'scheduler')
  local rule = scheduler and redis.call('HMGET', q.dedup .. 'repeat:' .. scheduler, 'held', 'owner') or {}
  return rule[1] == id and rule[2] or ''
end

local score = (state == 'delayed' or state == 'active') and redis.call('ZSCORE', q[state], id)
local own = read_queue_limit(meta[3])
local reply = {
  stamp, state, raised(try_all_fields(q, id)), meta[1] and 1 or 0, closed_for(meta[2], t), number_text(own.concurrency), number_text(own.max),
  redis.call('ZCARD', q.active), redis.call('ZCOUNT', q.active, '(' .. stamp, '+inf'),
  left > 0 and window[1] or '0', left, ahead(),
  score and string.format('%.0f', math.floor(tonumber(score))) or '', held_by(),
  group and describe_group(q, group, t) or {},
}
for name in string.gmatch(job_field(q, id, 'limits') or '', '[^,]+') do
  describe_limit(q, reply, name, t)
end
return reply
