--- What limits a queue, and how far.
-- @key meta limiter active limits
-- @derives limit parked
-- @arg now int          0 for Redis' clock
-- @rest the names, none for all
-- @reply concurrency, max and duration of the queue ('' none), active jobs, then of each limit: name, 1 when it is there,
--        concurrency, max, duration ('' none), 1 when paused, jobs running, starts in this window, ms left of it, jobs parked
-- @cost O(N) for N limits, 1000 at most
-- @use server-time time-left limits

local function text(number)
  return number and string.format('%.0f', number) or ''
end

local t = server_time(now)
local own = read_queue_limit(redis.call('HGET', q.meta, 'limits'))
local reply = { text(own.concurrency), text(own.max), text(own.duration), redis.call('ZCARD', q.active) }
local names = { unpack(ARGV, rest) }
if #names == 0 then
  names = redis.call('ZRANGE', q.limits, 0, -1)
  table.sort(names)
end
for _, name in ipairs(names) do
  local limit = read_limit_named(q, name, t)
  for _, part in ipairs({
    name, limit.exists and not limit.awaited and 1 or 0, text(limit.concurrency), text(limit.max),
    limit.max and text(limit.duration) or '', limit.paused and 1 or 0, limit.running, limit.count,
    limit.count > 0 and limit.ends - t or 0, redis.call('ZCARD', q.parked .. name),
  }) do
    reply[#reply + 1] = part
  end
end
return reply
