--- Adds jobs that ask for nothing, as most do: each takes the next number, and waits behind the others.
-- @key meta waiting events wake
-- @derives body writer
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg wake int         0 when the caller's process has an idle worker that it wakes itself
-- @each new body        -- 'name\noptions\ndata'
-- @lines time first
-- @reply the time, and the number of the first; those after it have the next ones
-- @cost O(K) for K jobs, 5000 at most
-- @use server-time whole send once count-up events wake

local ADD_CAP = 5000
local added = #ARGV - rest + 1
if added > ADD_CAP then
  return redis.error_reply('ERR too many jobs in one call')
elseif added == 0 then
  return redis.error_reply('ERR there is no job')
end

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end

-- The last number of an event and of a job. Those that somebody has overwritten begin anew.
local function last_numbers(q, events, jobs, added)
  local event_number, id = whole(events or 0), whole(jobs or 0)
  if event_number and id and id + added <= LARGEST_NUMBER then
    return event_number, id
  end
  return count_up(q.meta, 'eventNumber', 2 * added, true) - 2 * added, count_up(q.meta, 'id', added) - added
end

local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'eventNumber', 'id')
local event_number, last = last_numbers(q, meta[3], meta[4], added)
local stamp = string.format('%.0f', server_time(now))
local first = string.format('%.0f', last + 1)
local id, lines = first, nil
if added == 1 then
  redis.call('SET', q.body .. id, stamp .. '\n' .. ARGV[rest])
  redis.call('RPUSH', q.waiting, id)
  lines = id .. '\t' .. string.match(ARGV[rest], '^[^\n]*')
else
  local ids, bodies = {}, {}
  lines = {}
  for i = 1, added do
    local body = ARGV[rest + i - 1]
    id = string.format('%.0f', last + i)
    ids[i] = id
    bodies[2 * i - 1] = q.body .. id
    bodies[2 * i] = stamp .. '\n' .. body
    lines[i] = id .. '\t' .. string.match(body, '^[^\n]*')
  end
  send_keys('MSET', bodies)
  send('RPUSH', q.waiting, ids)
  lines = table.concat(lines, '\n')
end
if wake == 1 and not meta[1] then
  wake_one(q)
end
-- First, so that no number is given again where the events are none.
redis.call('HSET', q.meta, 'eventNumber', event_number + added * weight_of('added'), 'id', id)
publish_runs(q.events, event_number, meta[2], 'added', lines)
local reply = stamp .. '\n' .. first
remember(session, seq, reply)
return reply
