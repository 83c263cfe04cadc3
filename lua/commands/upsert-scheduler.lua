--- Makes a scheduler, or changes the one that is there, and adds its next job in place of the one that was to come.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @seldom unreadable
-- @derives job body logs writer dedup children scheduler schedulers limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          of the scheduler
-- @arg given text       what getters give (JSON); not read here
-- @arg every text       milliseconds between slots, '' where the slots are planned by the client
-- @arg offset text      where slots lie in `every`, '' where the first one says so
-- @arg start text       ms, '' for now
-- @arg ends text        ms after which there is no slot, '' for never
-- @arg limit text       how many jobs to make, '' for no end
-- @arg count int        where the counter of jobs begins
-- @arg immediately int  1 to make the first slot now
-- @arg missed text      skip, last or all, see `left_out`
-- @arg most int         how many slots that passed are made up for
-- @arg overlap text     allow, skip or queue
-- @arg spread int       ms by which all slots are due later
-- @arg jitter int       ms by which each slot may be due later still
-- @arg spec text        what its jobs ask for, see `read_spec`
-- @arg head text        name, and options up to the count of `repeat`
-- @arg data text
-- @arg origin text      fingerprint of the code that it comes from, '' where it was made by hand
-- @arg from int         ms after which `slots` leaves none out
-- @arg complete int     1 when no slot follows
-- @arg slots text       planned slots, in order, split by commas
-- @says ok id state delay priority body -- of the next job
-- @word none -- when there is no slot any more
-- @word paused
-- @word taken -- when all next slots have jobs
-- @says again time:int -- when slots have to be planned from then on
-- @says no-limit name -- for one that is not there
-- @cost O(log N), O(N) where the job that was to come is in the plain list
-- @use server-time job-record write-record send once count-up events moves wake state-of free-places take-out erase take-delayed time-left
-- @use limits
-- @use change-limits read-spec place-new release-dedup end-dedup deduplicate replace-pending unreadable lay-aside scheduler slots origin
-- @grouped group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

local call = { moves = new_moves(server_time(now)), events = new_events() }
local t = call.moves.now

local function is_number(text)
  return text == '' or whole(text) ~= nil
end

local function are_slots(text)
  local last = 0
  for slot in string.gmatch(text, '[^,]+') do
    local number = whole(slot)
    if not number or number <= last then
      return false
    end
    last = number
  end
  return true
end

local step = tonumber(every)
local asked = read_spec(spec)
if not (is_number(every) and is_number(offset) and is_number(start) and is_number(ends) and is_number(limit))
  or step == 0 or not asked or not are_slots(slots) then
  return redis.error_reply('ERR a scheduler asks for what cannot be read')
end

local unknown = asked.unknown and asked.unknown(q, call.moves, asked.limits)
if unknown then
  local refused = no_limit.text(unknown)
  remember(session, seq, refused)
  return refused
end
local old, lost = read_scheduler(q, id)
local old_every = old and redis.call('HMGET', q.scheduler .. id, 'every', 'grid')
local grid = offset .. ',' .. start

local s = {
  id = id, head = head, data = data, spec = spec, asked = asked, every = step, slots = '', complete = complete == 1 and '1' or nil,
  ends = tonumber(ends), limit = tonumber(limit), made = count, count = old and old.count or count, slot = 0, job = '',
  missed = missed, most = most, overlap = overlap, spread = spread, jitter = jitter,
}
local pending = old and old.job or lost or ''

-- The first slot of a grid: at the later of its start and now, or where an offset has it, strictly after that.
local function first_of_grid()
  local base = math.max(tonumber(start) or t, t)
  if offset == '' or offset == '0' then
    return base
  end
  return math.floor((base - offset) / step) * step + offset + step
end

local first
if step then
  local goes_on = old and old.slot > 0 and old_every[1] == every and old_every[2] == grid
  if goes_on and pending ~= '' then
    first = old.slot
  elseif goes_on then
    s.slot = old.slot
  else
    first = first_of_grid()
  end
else
  local left = {}
  for _, slot in ipairs(split_slots(slots)) do
    if slot > t then
      left[#left + 1] = slot
    end
  end
  if from > t or (#left == 0 and complete == 0) then
    local reply = again.text(call.moves.stamp)
    remember(session, seq, reply)
    return reply
  end
  s.slots = table.concat(left, ',')
  first = immediately == 1 and t or nil
end

local is_paused = old and old.paused
local state = pending ~= '' and state_of(q, pending) or nil
local waits = state == 'delayed' or state == 'waiting' or state == 'prioritized'
if waits and old then
  -- A job that is replaced was none.
  s.count = math.max(old.count - 1, 0)
end
local reply = 'none'
if not is_paused then
  -- Tried before anything is written; what is found is found again below.
  local trial = {}
  for key, value in pairs(s) do
    trial[key] = value
  end
  local _, why = pick_slot(q, trial, t, first, waits and pending or nil)
  if why and why ~= 'over' then
    remember(session, seq, 'taken')
    return 'taken'
  end
end

replace_pending(q, call, pending)
local key = q.scheduler .. id
if is_paused then
  -- Resuming goes on from there.
  s.slot = first or split_slots(s.slots)[1] or old.slot
end
note_origin(q, id, origin, t)
redis.call('HDEL', key, 'every', 'complete', 'ends', 'limit', 'last')
redis.call(
  'HSET', key, 'given', given, 'head', head, 'data', data, 'spec', spec, 'grid', grid, 'missed', missed, 'most', most,
  'overlap', overlap, 'spread', spread, 'jitter', jitter, 'made', count, 'count', s.count, 'slot', digits(s.slot),
  'job', '', 'slots', s.slots, 'revision', writer .. ':' .. seq
)
local last = string.match(slots, '%d+$')
for field, value in pairs({ every = every, ends = ends, limit = limit, complete = s.complete or '', last = last or '' }) do
  if value ~= '' then
    redis.call('HSET', key, field, value)
  end
end
redis.call('ZREM', q.schedulers .. 'unplanned', id)
if is_paused then
  reply = 'paused'
else
  advance(q, call, s, first)
end
if is_paused or not redis.call('ZSCORE', q.schedulers .. 'next', id) then
  redis.call('ZADD', q.schedulers .. 'next', digits(s.slot), id)
end
write_moves(q, call.moves)
if s.job ~= '' then
  local fields = job_fields(q, s.job, 'state', 'delay', 'priority')
  reply = ok.text(s.job, fields[1], fields[2], fields[3] or '', redis.call('GET', q.body .. s.job))
end
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
wake_for(q, call.moves, meta[1])
publish(q.events, call.events, meta[2])
remember(session, seq, reply)
return reply
