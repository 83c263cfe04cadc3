--- Says which schedulers the code of an application has. Returns which of them the caller is to make, and removes those that
-- no application that runs has in its code any more. Schedulers that were made by hand are left alone.
-- A definition that another one has replaced is not made again while an application with the newer one is heard of.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @seldom unreadable
-- @derives job body logs writer dedup children scheduler schedulers limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg gone int         ms without a word after which no application that runs has a scheduler
-- @arg boot int         1 at the start of the application
-- @arg sweep int        1 to remove what nobody has any more: in the last call, of an application that has more than one call takes
-- @each coded id origin -- origin is the fingerprint of its definition
-- @lines count:int words:commas removed*
-- @reply a line: how many schedulers are in anybody's code; then a word for each, split by commas: make, kept, older, hand, or missing; then a line with the id of each that was removed
-- @cost O(K log N)
-- @use server-time job-record send once count-up events moves wake state-of free-places take-out erase take-delayed time-left
-- @use limits
-- @use change-limits read-spec place-new release-dedup end-dedup replace-pending lay-aside scheduler
-- @grouped group-records groups group-moves

local KEEP_CAP = 1000
local SWEEP_CAP = 100
if #ARGV - rest + 1 > coded.size * KEEP_CAP then
  return redis.error_reply('ERR too many schedulers in one call')
elseif (#ARGV - rest + 1) % coded.size ~= 0 then
  return redis.error_reply('ERR a scheduler lacks a part')
end
local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

local call = { moves = new_moves(server_time(now)), events = new_events() }
local t = call.moves.now
local code = q.schedulers .. 'code'
local own = {}

-- Names of definitions that were replaced are split by commas.
local function was_replaced(replaced, origin)
  return string.find(',' .. (replaced or '') .. ',', ',' .. origin .. ',', 1, true) ~= nil
end

local function judge(id, origin)
  local f = redis.pcall('HMGET', q.scheduler .. id, 'head', 'origin', 'replaced')
  if is_other(f) then
    lay_aside_scheduler(q, id)
    return 'make'
  elseif not f[1] then
    -- What is noted as code and not there was lost, or laid aside.
    return (boot == 1 or redis.call('ZSCORE', code, id)) and 'make' or 'missing'
  elseif not f[2] then
    return 'hand'
  elseif f[2] == origin then
    redis.call('ZADD', code, t, id)
    return 'kept'
  end
  local seen = tonumber(redis.call('ZSCORE', code, id) or 0)
  if seen < t - gone or (boot == 1 and not was_replaced(f[3], origin)) then
    -- It is about to be changed: no other call is to remove it.
    redis.call('ZADD', code, t, id)
    return 'make'
  end
  return 'older'
end

local words = {}
for at = rest, #ARGV, coded.size do
  own[coded.id] = true
  words[#words + 1] = judge(coded.all)
end
local lines = { '', table.concat(words, ',') }
local most = sweep == 1 and SWEEP_CAP or 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', code, '-inf', '(' .. digits(t - gone), 'LIMIT', 0, most)) do
  if not own[id] then
    local s, lost = read_scheduler(q, id)
    remove_scheduler(q, call, s or { id = id, job = lost or '' })
    lines[#lines + 1] = id
  end
end
write_moves(q, call.moves)
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
wake_for(q, call.moves, meta[1])
publish(q.events, call.events, meta[2])
lines.count = redis.call('ZCARD', code)
local reply = table.concat(lines, '\n')
remember(session, seq, reply)
return reply
