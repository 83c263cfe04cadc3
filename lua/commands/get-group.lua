--- What there is of one group.
-- @key meta
-- @derives groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg group text
-- @rest priorities to count
-- @with group_parts
-- @returns group:[group_parts] counts:int*
-- @reply what there is of it, see `describe_group`, then the number of jobs that wait with each priority
-- @cost O(log N)
-- @use server-time time-left send moves group-records describe-group

local reply = { describe_group(q, group, server_time(now)) }
for at = rest, #ARGV do
  local priority = tonumber(ARGV[at]) or 0
  reply[#reply + 1] = redis.call(
    'ZCOUNT', q.grouped .. group, string.format('%.0f', priority * CLASS_SPAN),
    string.format('(%.0f', (priority + 1) * CLASS_SPAN)
  )
end
return reply
