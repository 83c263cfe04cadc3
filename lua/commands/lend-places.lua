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
-- @returns number places:int starts:int window window_left_ms:int concurrency:int max:int duration:int is_paused:yes is_contended:yes
-- @reply number of the lease, places, starts, name of the window, ms left of it, concurrency, max and duration (0 none), 1 when paused, 1 when another
--        queue has less than it needs
-- @cost O(N log N) for N queues that share it
-- @use server-time time-left

local KEEP_MS = 30 * 24 * 3600000
-- For how much longer than the holder the home counts a lease, should their clocks not go alike.
local MARGIN_MS = 1000
-- A queue that has not come back for so long keeps nothing from others but what it has: its turn is over.
local AWAY_MS = 2500
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
    -- A lease of an older release ends with its number.
    local held, wants, ends, for_ms, served, lease, lacks, turn, got, window = string.match(
      stored[i + 1], '^(%d+),(%d+),(%d+),(%d+),(%d+),(%d+),?(%d*),?(%d*),?(%d*),?(%d*)$'
    )
    local left = held and time_left(ends, for_ms, t) or 0
    if left > 0 then
      local id = string.sub(stored[i], #HOLDER + 1)
      local is_back = tonumber(for_ms) - left < AWAY_MS
      holders[id] = {
        id = id, places = tonumber(held), served = tonumber(served), number = tonumber(lease),
        needed = is_back and tonumber(wants) or math.min(tonumber(wants), tonumber(held)),
        lacking = is_back and tonumber(lacks) or 0, turn = tonumber(turn) or 0,
        got = tonumber(got) or 0, window = tonumber(window) or 0,
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

local next_number = math.max((limit.number or 0) + 1, t)

-- Who borrows is among the holders from here on. What it has by an outdated lease may be less than what it has by now.
-- One that is new here comes after those that wait already.
local own = holders[holder] or { id = holder, places = 0, served = t, number = number, turn = next_number, got = 0, window = 0 }
local had = own.places
own.places = own.number == number and has or math.max(own.places, has)
if had > 0 and own.places == 0 then
  own.served = t
end
own.needed, own.lacking = needed, lacking
holders[holder] = own

-- Who waits for a place comes before those that have some, the longest wait first; of those the one that has had them for longest comes last.
local function waits_before(a, b)
  if (a.places > 0) ~= (b.places > 0) then
    return b.places > 0
  elseif a.served == b.served then
    return a.id < b.id
  end
  return (a.served < b.served) == (a.places == 0)
end

local function turn_before(a, b)
  return a.turn < b.turn
end

-- The fair share of each of what there is: as much as it asks for, or an even part. Where there is less than there are queues, they take turns.
-- Returns how many places are promised besides, to those that come before and lack them.
local function share_of_own(left, asks_for, goes_before)
  local asking = {}
  for _, each in pairs(holders) do
    if each[asks_for] > 0 then
      asking[#asking + 1] = each
    end
  end
  table.sort(asking, #asking > left and goes_before or function(a, b)
    if a[asks_for] == b[asks_for] then
      return a.id < b.id
    end
    return a[asks_for] < b[asks_for]
  end)
  local promised = 0
  for i, each in ipairs(asking) do
    local share = math.min(each[asks_for], math.ceil(left / (#asking - i + 1)))
    if each == own then
      return share, promised
    end
    left = left - share
    promised = promised + math.max(share - each.places, 0)
  end
  return 0, promised
end

local lent, others_lack = 0, 0
for _, each in pairs(holders) do
  if each ~= own then
    lent = lent + each.places
    others_lack = (limit.concurrency > 0 and each.needed > each.places) and 1 or others_lack
  end
end
local places = 0
if limit.concurrency > 0 and not limit.paused then
  local share, promised = share_of_own(limit.concurrency, 'needed', waits_before)
  local free = limit.concurrency - lent
  places = math.max(math.min(share, math.max(free - promised, math.min(own.places, free))), 0)
end
if own.places == 0 and places > 0 then
  own.served = t
end
own.places = math.max(own.places, places)

local starts, window_left = 0, 0
if limit.max > 0 then
  window_left = time_left(limit.windowEnds, limit.windowLength, t)
  local used = window_left > 0 and limit.started or 0
  local sharing = 0
  for _, each in pairs(holders) do
    each.got = window_left > 0 and each.window == limit.windowEnds and each.got or 0
    each.starts = each.got + each.lacking
    sharing = sharing + (each.starts > 0 and 1 or 0)
  end
  -- The part of each is one of the whole window: who has had its own leaves the rest to the others.
  local share = sharing > limit.max and share_of_own(limit.max - used, 'lacking', turn_before)
    or share_of_own(limit.max, 'starts', turn_before) - own.got
  if not limit.paused then
    starts = math.max(math.min(share, limit.max - used), 0)
  end
  if starts > 0 then
    if window_left == 0 then
      limit.windowEnds, limit.windowLength = t + limit.duration, limit.duration
      window_left = limit.duration
    end
    limit.started = used + starts
    own.turn, own.got, own.window, own.lacking = next_number, own.got + starts, limit.windowEnds, lacking - starts
  end
end

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
    number_text(own.served), number_text(next_number), number_text(own.lacking), number_text(own.turn),
    number_text(own.got), number_text(own.window),
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
