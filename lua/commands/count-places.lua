--- What the queue has and needs of each limit that it shares with others. Places that it does not need it gives up here, before the home of the
-- limit hears: so it never has more than the home knows.
-- @key meta limits
-- @derives limit parked
-- @arg now int          0 for Redis' clock
-- @arg leaving int      1 where nobody is going to start jobs
-- @with lease
-- @form needed_places reply[n] name number has:int needed:int lacking:int concurrency:int max:int duration:int
-- @returns time limits:needed_places*
-- @reply the time, then per limit: name, number of the lease, places that it may fill (or does), how many it needs, how many starts it lacks in
--        the window, concurrency, max and duration as it knows them (0 none)
-- @cost O(N) for N limits, 1000 at most
-- @use server-time time-left limits

local t = server_time(now)
local starts_jobs = leaving == 0 and redis.call('HEXISTS', q.meta, 'paused') == 0

-- A lease of fewer places, of the same number and end.
local function give_up(name, lent, places)
  redis.call(
    'HSET', q.limit .. name, 'lent',
    string.format(lease.format, lent.number, places, lent.ends, lent.length, lent.starts, lent.window)
  )
end

local reply = { string.format('%.0f', t) }
for _, name in ipairs(redis.call('ZRANGE', q.limits, 0, -1)) do
  local text = redis.pcall('HGET', q.limit .. name, 'lent')
  local limit = type(text) == 'string' and read_limit_named(q, name, t)
  if limit and limit.lent then
    local parked = starts_jobs and redis.call('ZCARD', q.parked .. name) or 0
    local running, has = math.max(limit.running, 0), limit.concurrency or 0
    local needed = running + parked
    if has > needed then
      give_up(name, limit.lent, needed)
      has = needed
    end
    local lacking = limit.max and math.max(parked - math.max(limit.max - limit.count, 0), 0) or 0
    local n = #reply
    needed_places.all =
      name, string.format('%.0f', limit.lent.number), math.max(running, has), needed, lacking,
      limit.whole_concurrency or 0, limit.whole_max or 0, limit.duration
  end
end
return reply
