--- Takes back jobs whose lock has expired. A job that stalled too often is granted to the caller, which fails it by
-- the usual way with all that belongs to a failure; should the caller die too, that lock expires as any other. After a
-- time in which nobody was heard, locks that expired in it are left alone for a while, see `hear`.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @derives job body scheduler schedulers limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg worker text      first part of the tokens granted
-- @arg lock int         milliseconds until a granted lock expires
-- @arg maxStalls int    how often a job may be taken back
-- @arg maxBytes int     size the event stream may have
-- @arg silence int      milliseconds without a call after which it counts that nobody could be heard
-- @arg grace int        milliseconds that holders are given then
-- @arg look int         1 to take back, 0 only to be heard
-- @with started
-- @returns ids:list grace_ms:int unplanned:list started*
-- @reply ids taken back, ms for which further expired locks are left alone, schedulers whose slots are to
--        be planned, then id, body, token and stored fields of each job that stalled too often
-- @cost O(K log N) for K expired locks, 500 at most
-- @use server-time job-record job-records write-record send count-up events free-places moves wake incremented activate allow-when-full silence lost-slots
-- @rare state-of unreadable fail-next
-- @grouped time-left group-records groups group-moves

local RECOVER_CAP = 500
local t = server_time(now)
local moves, events = new_moves(t), new_events()
moves.free = free_places
local reply = { {}, 0, {} }
local relocked = {}

local function take_back(id, stalls, priority)
  move(moves, 'released', id)
  local state = place(moves, id, priority, true)
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'state', state, 'stalls', stalls)
  emit(events, 'waiting', id .. '\tactive')
  emit(events, 'stalled', id)
  local ids = reply.ids
  ids[#ids + 1] = id
end

local function hand_over(id, stalls)
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'stalls', stalls)
  emit(events, 'stalled', id)
  local body = redis.pcall('GET', q.body .. id)
  activate(q, reply, id, type(body) == 'string' and body or '', { worker = worker, name = '' }, moves.stamp, raised(try_all_fields(q, id)))
  relocked[#relocked + 1] = id
end

-- A job that a scheduler has made is taken back for as long as there is the scheduler: the next slot brings another anyway.
local function belongs_to_scheduler(id)
  local scheduler = string.match(id, '^repeat:(.+):%d+$')
  return scheduler and redis.call('EXISTS', q.scheduler .. scheduler) == 1
end

-- Entries are capped by count when written; a stream of large entries is cut here to the size it may have. Not every user
-- of Redis may ask for that: the cap by count has to do there.
local bytes = redis.pcall('MEMORY', 'USAGE', q.events)
local function trim_events()
  if type(bytes) == 'number' and bytes > maxBytes then
    redis.call('XTRIM', q.events, 'MAXLEN', math.floor(redis.call('XLEN', q.events) * maxBytes / bytes))
  end
end

allow_when_full(q)
local upto
upto, reply.grace_ms = hear(q, t, silence, grace)
if look == 0 then
  return reply
end
let_go_on(q, events, t)
-- Whoever started the job has planned for a second.
reply.unplanned = redis.call(
  'ZRANGEBYSCORE', q.schedulers .. 'unplanned', '-inf', string.format('%.0f', t - 1000), 'LIMIT', 0, 100
)
local expired = redis.call('ZRANGEBYSCORE', q.active, '-inf', string.format('%.0f', upto), 'LIMIT', 0, RECOVER_CAP)
-- The last one first: each goes to the front, and the one that waits longest ends up there.
for i = #expired, 1, -1 do
  local id = expired[i]
  local fields = try_fields(q, id, 'stalls', 'priority')
  if fields.err then
    rare().renewed_fields(q, id, fields)
  end
  local stalls = (tonumber(fields[1]) or 0) + 1
  if redis.call('EXISTS', q.body .. id) == 0 then
    move(moves, 'released', id)
  elseif stalls > maxStalls and not belongs_to_scheduler(id) then
    hand_over(id, stalls)
  else
    take_back(id, stalls, fields[2])
  end
end
write_moves(q, moves)
lock_all(q, relocked, t + lock)
if #reply.ids > 0 or moves.opened then
  wake_one(q)
end
trim_events()
publish(q.events, events, redis.call('HGET', q.meta, 'maxEvents'))
return reply
