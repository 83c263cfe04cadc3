--- Adds jobs, all of one call with few writes: a job that has never been started is one string and one membership.
-- @key meta waiting prioritized delayed active completed failed events wake
-- @derives job body writer
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg wake int         0 when the caller's process has an idle worker that it wakes itself
-- @rest                 three per job: id ('' for the next number), 'delayMs,priority,front,timestamp' ('' for none),
--                       and 'name\noptions\ndata'
-- @reply the time, then a line per job: '+id' added, '=id' there already
-- @cost O(K log N) for K jobs, 5000 at most
-- @use server-time send once events moves wake promote-due place-new

local ADD_CAP = 5000
if #ARGV - rest + 1 > 3 * ADD_CAP then
  return redis.error_reply('ERR too many jobs in one call')
end

local lane = q.writer .. writer
local known = recall(lane, seq)
if known then
  return known
end

local t = server_time(now)
local moves, events = new_moves(t), new_events()
local lines, bodies, taken, entries = { moves.stamp }, {}, {}, {}
local unnamed = 0

for at = rest, #ARGV, 3 do
  local id = ARGV[at]
  if id == '' then
    unnamed = unnamed + 1
  elseif taken[id] or redis.call('EXISTS', q.body .. id) == 1 then
    entries[at] = 'known'
  else
    taken[id] = true
  end
end

-- A worker must learn of a delayed job that is due before all others.
local function is_first_due(delayed)
  if #delayed == 0 then
    return false
  end
  local _, first = first_due(q)
  for _, entry in ipairs(delayed) do
    if entry.id == first then
      return true
    end
  end
  return false
end

local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
local next_id = unnamed > 0 and redis.call('HINCRBY', q.meta, 'id', unnamed) - unnamed or 0

for at = rest, #ARGV, 3 do
  local id, spec, body = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if entries[at] then
    lines[#lines + 1] = '=' .. id
    emit(events, 'duplicated', id)
  else
    if id == '' then
      next_id = next_id + 1
      id = string.format('%.0f', next_id)
    end
    local created, event = place_new(q, moves, id, spec, body)
    bodies[#bodies + 1] = q.body .. id
    bodies[#bodies + 1] = created .. '\n' .. body
    lines[#lines + 1] = '+' .. id
    emit(events, 'added', event)
  end
end

send_keys('MSET', bodies)
write_moves(q, moves)
if not meta[1] and ((wake == 1 and placed_any(moves)) or is_first_due(moves.delayed)) then
  wake_one(q)
end
publish(q.events, events, meta[2])
local answer = table.concat(lines, '\n')
remember(lane, seq, answer)
return answer
