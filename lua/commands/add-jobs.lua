--- Adds jobs, all of one call with few writes: a job that has never been started is one string and one membership.
-- @key meta waiting prioritized delayed active completed failed events wake limits
-- @derives job body logs writer dedup children limit groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg wake int         0 when the caller's process has an idle worker that it wakes itself
-- @each new id spec body -- id '' for the next number, what it asks for (see `read_spec`), 'name\noptions\ndata'
-- @with added
-- @lines time words*
-- @reply the time, then a line per job: '+id' added, '=id' there already, '~id' kept instead of it, '!name' for a limit that is not
--        there, '#id' for a group that is full
-- @cost O(K log N) for K jobs, 5000 at most
-- @use server-time job-record write-record send once count-up events moves wake place-new
-- @rare job-records promote-due erase time-left limits change-limits read-spec take-delayed deduplicate state-of unreadable
-- @rare fail-next
-- @grouped time-left group-records groups group-moves

local ADD_CAP = 5000
if #ARGV - rest + 1 > new.size * ADD_CAP then
  return redis.error_reply('ERR too many jobs in one call')
elseif (#ARGV - rest + 1) % new.size ~= 0 then
  return redis.error_reply('ERR a job lacks a part')
end

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

-- One job that asks for nothing but its id, as many calls bring it: no list of anything is made. Returns nil where that cannot
-- be, and has done nothing then.
local function add_named(q, now, wake, id, body)
  local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'eventNumber')
  local number = whole(meta[3] or 0)
  if not number or redis.call('EXISTS', q.body .. id) == 1 then
    return nil
  end
  local stamp = string.format('%.0f', server_time(now))
  redis.call('SET', q.body .. id, stamp .. '\n' .. body)
  redis.call('RPUSH', q.waiting, id)
  if wake == 1 and not meta[1] then
    wake_one(q)
  end
  publish_runs(q.events, number, meta[2], 'added', id .. '\t' .. string.match(body, '^[^\n]*'))
  redis.call('HSET', q.meta, 'eventNumber', number + weight_of('added'))
  return stamp .. '\n' .. added.new .. id
end

local at = rest
if #ARGV == at + new.size - 1 and new.spec == '' and new.id ~= '' then
  local reply = add_named(q, now, wake, new.id, new.body)
  if reply then
    remember(session, seq, reply)
    return reply
  end
end

local call = { moves = new_moves(server_time(now)), events = new_events() }
local moves = call.moves
local lines, bodies, taken = { moves.stamp }, {}, {}

-- What can be wrong with a job is found before any is written. Returns how many take a number, and what those ask for that
-- ask for something; nil when one cannot be read.
local function read_all()
  local unnamed, specs = 0, {}
  for at = rest, #ARGV, new.size do
    if new.id == '' then
      unnamed = unnamed + 1
    end
    if new.spec ~= '' then
      specs[at] = rare().read_spec(new.spec)
      if not specs[at] then
        return nil
      end
      call.as_whole = call.as_whole or specs[at].as_whole
    end
  end
  return unnamed, specs
end

-- A worker must learn of a delayed job that is due before all others.
local function is_first_due(delayed)
  if not delayed then
    return false
  end
  local _, first = rare().first_due(q)
  for _, entry in ipairs(delayed) do
    if entry.id == first then
      return true
    end
  end
  return false
end

-- Plain jobs are stored by one write after all of them; a deduplicated one at once, since the next may look for it.
local function add_one(id, named, asked, spec, body)
  if named and (taken[id] or redis.call('EXISTS', q.body .. id) == 1) then
    emit(call.events, 'duplicated', id)
    return added.there .. id
  end
  local unknown = asked and asked.unknown and asked.unknown(q, call.moves, asked.limits)
  if unknown then
    return added.no_limit .. unknown
  end
  if asked and asked.most_in_group and grouped().group_is_full(q, moves, asked) then
    return added.full .. asked.group
  end
  if asked and asked.dedup then
    local kept = rare().deduplicate(q, call, id, spec, asked.dedup, body)
    if kept then
      return added.kept .. kept
    end
    store_new(q, call, id, asked, body)
  else
    local created, event, record = place_new(q, moves, id, asked, body)
    bodies[#bodies + 1] = q.body .. id
    bodies[#bodies + 1] = created .. '\n' .. body
    if record then
      bodies[#bodies + 1] = q.job .. id
      bodies[#bodies + 1] = record
    end
    emit(call.events, 'added', event)
    taken[id] = true
  end
  return added.new .. id
end

local unnamed, specs = read_all()

-- What those jobs of groups ask for that are not there, and that no deduplication stops.
local function new_in_groups()
  local list = {}
  for at = rest, #ARGV, 3 do
    local asked = specs[at]
    local is_new = asked and asked.group and (ARGV[at] == '' or redis.call('EXISTS', q.body .. ARGV[at]) == 0)
    if is_new and not (asked.dedup and rare().is_kept_out(q, asked.dedup, moves.now)) then
      list[#list + 1] = asked
    end
  end
  return list
end

if not unnamed then
  return redis.error_reply('ERR a job asks for what cannot be read')
end
if call.as_whole then
  local full = grouped().first_full(q, new_in_groups())
  if full then
    local reply = moves.stamp .. string.rep('\n#' .. full, (#ARGV - rest + 1) / 3)
    remember(session, seq, reply)
    return reply
  end
end
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
local next_id = unnamed > 0 and count_up(q.meta, 'id', unnamed) - unnamed or 0
for at = rest, #ARGV, new.size do
  local id, named = new.id, new.id ~= ''
  if not named then
    next_id = next_id + 1
    id = string.format('%.0f', next_id)
  end
  lines[#lines + 1] = add_one(id, named, specs[at], new.spec, new.body)
end

send_keys('MSET', bodies)
write_moves(q, moves)
if (wake == 1 and placed_any(moves) and not meta[1]) or is_first_due(moves.delayed) then
  wake_one(q)
end
publish(q.events, call.events, meta[2])
local reply = table.concat(lines, '\n')
remember(session, seq, reply)
return reply
