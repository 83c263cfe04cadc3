--- Adds jobs, all of one call with few writes: a job that has never been started is one string and one membership.
-- @key meta waiting prioritized delayed active completed failed events wake
-- @derives job body writer
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @rest                 three per job: id ('' for the next number), 'delayMs,priority,front,timestamp' ('' for none),
--                       and 'name\noptions\ndata'
-- @reply the time, then a line per job: '+id' added, '=id' there already
-- @cost O(K log N) for K jobs
-- @use server-time send once events moves wake promote-due

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

local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
local next_id = unnamed > 0 and redis.call('HINCRBY', q.meta, 'id', unnamed) - unnamed or 0
local earliest = first_due(q)

local function place_special(id, spec, event)
  local delay, priority, front, timestamp = string.match(spec, '^(%d*),(%d*),(1?),(%d*)$')
  local created = timestamp ~= '' and timestamp or moves.stamp
  local due = (tonumber(delay) or 0) > 0 and created + delay or 0
  local state
  if due > t then
    moves.delayed[#moves.delayed + 1] = { id = id, due = due }
    state = 'delayed'
    event = event .. '\t' .. due
  else
    state = place(moves, id, priority ~= '' and priority or nil, front == '1')
  end
  if priority ~= '' then
    redis.call('HSET', q.job .. id, 'state', state, 'priority', priority)
  end
  return created, event
end

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
    local event = id .. '\t' .. string.sub(body, 1, string.find(body, '\n', 1, true) - 1)
    local created = moves.stamp
    if spec == '' then
      moves.back[#moves.back + 1] = id
    else
      created, event = place_special(id, spec, event)
    end
    bodies[#bodies + 1] = q.body .. id
    bodies[#bodies + 1] = created .. '\n' .. body
    lines[#lines + 1] = '+' .. id
    emit(events, 'added', event)
  end
end

send_keys('MSET', bodies)
write_moves(q, moves)
local new_earliest = #moves.delayed > 0 and first_due(q)
local sooner = new_earliest and (not earliest or new_earliest < earliest)
if not meta[1] and (#moves.back + #moves.front + #moves.prioritized > 0 or sooner) then
  wake_one(q)
end
publish(q.events, events, meta[2])
local answer = table.concat(lines, '\n')
remember(lane, seq, answer)
return answer
