--- Lends places of a limit that queues share to one of them, and starts of its window. It is the limit's home that runs it: a queue
-- of no jobs, which has one hash for the limit. It never lends more than the limit has.
-- @key meta
-- @derives lent
-- @arg now int          0 for Redis' clock
-- @arg name text        of the limit
-- @arg holder text      who borrows: what the keys of its queue begin with
-- @arg number int       of the lease that the holder speaks of: where it has a newer one, what it says to have is outdated
-- @arg has int          places that it may fill by that lease, or does
-- @arg needed int       how many it needs
-- @arg lacking int      starts that it lacks in this window
-- @arg length int       for how long it borrows, in milliseconds
-- @arg concurrency int  what the limit is where it is not there (0 none); so are those that follow
-- @arg max int
-- @arg duration int
-- @reply number of the lease, places, starts, name of the window, ms left of it, concurrency, max and duration (0 none), 1 when paused, 1 when another
--        queue has less than it needs
-- @cost O(N log N) for N queues that share it
-- @use server-time time-left

local KEEP_MS = 30 * 24 * 3600000
-- For how much longer than the holder the home counts a lease, should their clocks not go alike.
local MARGIN_MS = 1000
local HOLDER = 'holder:'

local t = server_time(now)
local key = q.lent .. name
local limit, holders, gone = {}, {}, {}
local stored = redis.pcall('HGETALL', key)
if stored.err then
  redis.call('UNLINK', key)
  stored = {}
end
for i = 1, #stored, 2 do
  if string.sub(stored[i], 1, #HOLDER) == HOLDER then
    local held, wants, ends, for_ms, served, lease = string.match(stored[i + 1], '^(%d+),(%d+),(%d+),(%d+),(%d+),(%d+)$')
    if held and time_left(ends, for_ms, t) > 0 then
      local id = string.sub(stored[i], #HOLDER + 1)
      holders[id] = {
        id = id, places = tonumber(held), needed = tonumber(wants), served = tonumber(served), number = tonumber(lease),
      }
    else
      gone[#gone + 1] = stored[i]
    end
  else
    limit[stored[i]] = tonumber(stored[i + 1])
  end
end
if not limit.concurrency or not limit.max or not limit.duration then
  limit.concurrency, limit.max, limit.duration = concurrency, max, duration
end

-- Who borrows is among the holders from here on. What it has by an outdated lease may be less than what it has by now.
local own = holders[holder] or { id = holder, places = 0, served = 0, number = number }
own.places = own.number == number and has or math.max(own.places, has)
own.needed = needed
holders[holder] = own

-- The fair share of each: what it needs, or an even part. Where there are fewer places than queues, they take turns.
local function share_of_own()
  local asking = {}
  for _, each in pairs(holders) do
    if each.needed > 0 then
      asking[#asking + 1] = each
    end
  end
  local by = #asking > limit.concurrency and 'served' or 'needed'
  table.sort(asking, function(a, b)
    if a[by] == b[by] then
      return a.id < b.id
    end
    return a[by] < b[by]
  end)
  local left = limit.concurrency
  for i, each in ipairs(asking) do
    local share = math.min(each.needed, math.ceil(left / (#asking - i + 1)))
    if each == own then
      return share
    end
    left = left - share
  end
  return 0
end

local lent, others_lack, asking = 0, 0, 0
for _, each in pairs(holders) do
  asking = asking + (each.needed > 0 and 1 or 0)
  if each ~= own then
    lent = lent + each.places
    others_lack = (limit.concurrency > 0 and each.needed > each.places) and 1 or others_lack
  end
end
local places = 0
if limit.concurrency > 0 and not limit.paused then
  places = math.max(math.min(share_of_own(), limit.concurrency - lent), 0)
end
if own.places == 0 and places > 0 then
  own.served = t
end
own.places = math.max(own.places, places)

local starts, window_left = 0, 0
if limit.max > 0 then
  window_left = time_left(limit.windowEnds, limit.windowLength, t)
  if window_left == 0 and lacking > 0 and not limit.paused then
    limit.started, limit.windowEnds, limit.windowLength = 0, t + limit.duration, limit.duration
    window_left = limit.duration
  end
  if window_left > 0 and not limit.paused then
    starts = math.min(lacking, math.ceil(math.max(limit.max - (limit.started or 0), 0) / math.max(asking, 1)))
    limit.started = (limit.started or 0) + starts
  end
end

local next_number = math.max((limit.number or 0) + 1, t)
local function number_text(number)
  return string.format('%.0f', number)
end
if #gone > 0 then
  redis.call('HDEL', key, unpack(gone, 1, math.min(#gone, 1000)))
end
if own.places == 0 and needed == 0 then
  redis.call('HDEL', key, HOLDER .. holder)
else
  redis.call('HSET', key, HOLDER .. holder, table.concat({
    number_text(own.places), number_text(needed), number_text(t + length + MARGIN_MS), number_text(length + MARGIN_MS),
    number_text(own.served), number_text(next_number),
  }, ','))
end
redis.call(
  'HSET', key, 'number', number_text(next_number), 'concurrency', number_text(limit.concurrency), 'max', number_text(limit.max),
  'duration', number_text(limit.duration)
)
if window_left > 0 then
  redis.call(
    'HSET', key, 'started', number_text(limit.started or 0), 'windowEnds', number_text(limit.windowEnds),
    'windowLength', number_text(limit.windowLength or 0)
  )
end
redis.call('PEXPIRE', key, expiry(KEEP_MS))
return {
  number_text(next_number), places, starts, number_text(window_left > 0 and limit.windowEnds or 0), window_left, limit.concurrency, limit.max, limit.duration,
  limit.paused and 1 or 0, others_lack,
}
