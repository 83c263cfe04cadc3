--- What limits a queue, and how far.
-- @key meta limiter active limits
-- @derives limit parked
-- @arg now int          0 for Redis' clock
-- @rest the names, none for all
-- @returns concurrency:maybe max:maybe duration:maybe active:int named:limit_parts*
-- @reply concurrency, max and duration of the queue ('' none), active jobs, then what there is of each limit, see `describe_limit`
-- @cost O(N) for N limits, 1000 at most
-- @use server-time time-left limits describe-limit

local t = server_time(now)
local own = read_queue_limit(redis.call('HGET', q.meta, 'limits'))
local reply = {
  number_text(own.concurrency), number_text(own.max), number_text(own.duration), redis.call('ZCARD', q.active),
}
local names = { unpack(ARGV, rest) }
if #names == 0 then
  names = redis.call('ZRANGE', q.limits, 0, -1)
  table.sort(names)
end
for _, name in ipairs(names) do
  describe_limit(q, reply, name, t)
end
return reply
