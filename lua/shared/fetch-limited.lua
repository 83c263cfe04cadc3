-- Starting jobs in a queue with limits. A job that a limit does not let start is parked: it goes to the limit's own list,
-- which keeps the order of turns, so that a fetch never looks at it again before the limit opens. So each job is looked at once,
-- and once more each time that its limit could let it through.
local LOOK_CAP = 2000

-- Once a call for each limit.
local function limit_of(q, run, name)
  local limit = run.limits[name]
  if not limit then
    limit = read_limit_named(q, name, run.now)
    run.limits[name] = limit
  end
  return limit
end

-- The first limit of a job that is closed, nil when all let it start.
local function closed_limit(q, run, names)
  for name in string.gmatch(names, '[^,]+') do
    local limit = limit_of(q, run, name)
    if limit.room < 1 then
      return limit
    end
  end
  return nil
end

local function count_place(q, run, names, by)
  for name in string.gmatch(names, '[^,]+') do
    local limit = limit_of(q, run, name)
    limit.room = limit.room - by
    limit.running = limit.running + by
    limit.count = limit.count + by
    limit.touched = true
    if limit.room < 1 and limit.max and limit.count >= limit.max then
      limit.opens = limit.ends
    end
    if limit.concurrency and limit.running >= limit.concurrency then
      limit.opens = math.huge
    end
  end
end

-- Lets jobs go that are parked at limits which are open: those without a priority are taken, the others put in front of
-- where they wait. Answers the ids taken.
local function let_go(q, run, most, with_priority)
  local ids = {}
  local stamp = string.format('%.0f', run.now)
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', q.limits, '-inf', stamp, 'LIMIT', 0, MOST_LIMITS)) do
    local limit = limit_of(q, run, name)
    local size = math.min(limit.room - (limit.lent or 0), most - #ids)
    if limit.room < 1 then
      look_at(q, name, limit.opens)
    elseif size > 0 then
      local below = with_priority and '+inf' or '(' .. string.format('%.0f', CLASS_SPAN)
      local found = redis.call('ZRANGEBYSCORE', q.parked .. name, '-inf', below, 'LIMIT', 0, size)
      if #found > 0 then
        send('ZREM', q.parked .. name, found)
        send('ZREM', q.limited, found)
        for _, id in ipairs(found) do
          redis.call('HDEL', q.job .. id, 'limitedBy')
          ids[#ids + 1] = id
        end
        limit.lent = with_priority and (limit.lent or 0) + #found or limit.lent
      end
      if redis.call('EXISTS', q.parked .. name) == 0 then
        if limit.exists then
          look_at(q, name, math.huge)
        else
          redis.call('ZREM', q.limits, name)
          run.dropped = true
        end
      end
    end
  end
  return ids
end

local function next_ids(q, run, most)
  local ids = let_go(q, run, most, false)
  if #ids == 0 then
    ids = redis.call('LPOP', q.waiting, most) or {}
  end
  if #ids > 0 then
    return ids
  end
  local moves = new_moves(run.now)
  for _, id in ipairs(let_go(q, run, most, true)) do
    place(moves, id, redis.call('HGET', q.job .. id, 'priority'), true)
  end
  if moves.prioritized then
    -- What comes first is put in front last.
    local turned = {}
    for i = #moves.prioritized, 1, -1 do
      turned[#turned + 1] = moves.prioritized[i]
    end
    write_prioritized(q, turned)
  end
  ids = moves.front or {}
  if #ids < most then
    local popped = redis.call('ZPOPMIN', q.prioritized, most - #ids)
    for i = 1, #popped, 2 do
      ids[#ids + 1] = popped[i]
    end
  end
  return ids
end

-- Its turn stays with a job that is parked anew.
local function park_all(q, parks)
  if #parks == 0 then
    return
  end
  local seq = count_on(q, parks)
  local all, by_name = {}, {}
  for i, entry in ipairs(parks) do
    local turn = tonumber(entry.turn or '') or (seq + i) % CLASS_MIDDLE
    local score = string.format('%.0f', (tonumber(entry.priority or '') or 0) * CLASS_SPAN + CLASS_MIDDLE + turn)
    local name = entry.limit.name
    redis.call('HSET', q.job .. entry.id, 'limitedBy', name, 'turn', turn)
    by_name[name] = by_name[name] or { limit = entry.limit }
    for _, list in ipairs({ all, by_name[name] }) do
      list[#list + 1] = score
      list[#list + 1] = entry.id
    end
  end
  send('ZADD', q.limited, all)
  for name, list in pairs(by_name) do
    send('ZADD', q.parked .. name, list)
    look_at(q, name, list.limit.opens)
  end
end

-- Which of the ids may start, with their stored fields; the others are parked.
local function sort_out(q, run, ids)
  local open = {}
  for _, id in ipairs(ids) do
    local stored = redis.call('HGETALL', q.job .. id)
    local entry = { id = id, stored = stored }
    for i = 1, #stored, 2 do
      if stored[i] == 'limits' or stored[i] == 'priority' or stored[i] == 'turn' then
        entry[stored[i]] = stored[i + 1]
      end
    end
    entry.limit = entry.limits and closed_limit(q, run, entry.limits)
    if entry.limit then
      run.parks[#run.parks + 1] = entry
    else
      if entry.limits then
        count_place(q, run, entry.limits, 1)
      end
      open[#open + 1] = entry
    end
  end
  return open
end

local function start_all(q, run, reply, grant, entries)
  if #entries == 0 then
    return
  end
  local ids = {}
  for i, entry in ipairs(entries) do
    ids[i] = entry.id
  end
  local bodies = bodies_of(q, ids)
  for i, entry in ipairs(entries) do
    if bodies[i] then
      activate(q, reply, entry.id, bodies[i], grant, run.stamp, entry.stored)
      run.ids[#run.ids + 1] = entry.id
      emit(run.events, 'active', entry.id)
      if entry.limits then
        run.held[#run.held + 1] = entry.id
        run.held[#run.held + 1] = entry.limits
      end
      if entry.turn then
        redis.call('HDEL', q.job .. entry.id, 'turn')
      end
    elseif entry.limits then
      count_place(q, run, entry.limits, -1)
    end
  end
end

local function write_limits(q, run)
  for _, limit in pairs(run.limits) do
    if limit.touched and limit.exists then
      local key = q.limit .. limit.name
      redis.call('HSET', key, 'running', string.format('%.0f', limit.running))
      if limit.max and limit.count > 0 then
        redis.call(
          'HSET', key, 'count', string.format('%.0f', limit.count), 'until', string.format('%.0f', limit.ends),
          'length', string.format('%.0f', limit.length)
        )
      end
    end
  end
  send('HSET', q.holders, run.held)
  park_all(q, run.parks)
  if run.dropped and redis.call('EXISTS', q.limits) == 0 then
    redis.call('UNLINK', q.holders)
    mark_named(q, false)
  end
end

local function fetch_named(q, reply, grant, events, moves, want)
  local run = {
    now = moves.now, stamp = moves.stamp, events = events, limits = {}, parks = {}, held = {}, ids = {},
  }
  local looked = 0
  while #run.ids < want and looked < LOOK_CAP do
    local ids = next_ids(q, run, want - #run.ids)
    if #ids == 0 then
      break
    end
    looked = looked + #ids
    start_all(q, run, reply, grant, sort_out(q, run, ids))
  end
  write_limits(q, run)
  lock_all(q, run.ids, moves.now + grant.lock)
  return run.ids
end

-- As `fetch_jobs`, for a queue whose limits `text` says. Answers the ids started, how long the rate limit asks to wait,
-- -1 where something waits that may not start, and when a limit lets more jobs start.
local function fetch_limited(q, reply, grant, events, moves, text)
  local now = moves.now
  local own = read_queue_limit(text)
  local want = math.min(FETCH_CAP, grant.want)
  local max = own.max or grant.max
  local duration = grant.duration > 0 and grant.duration or own.duration or 0
  local limit = read_limit(q, max, duration, grant.closed_until, now)
  local room = own.concurrency and own.concurrency - redis.call('ZCARD', q.active) or math.huge
  want = math.min(want, limit.left, room)
  local ids = {}
  if want >= 1 then
    if own.named then
      ids = fetch_named(q, reply, grant, events, moves, want)
    else
      ids = start_plain(q, reply, grant, events, moves, want)
    end
    if max > 0 and #ids > 0 then
      count_starts(q, limit, #ids, now)
    end
  end
  local left = limit.left - #ids
  if left < 1 and (max > 0 or limit.left < 1) then
    return ids, limit.ends - now
  end
  return ids, #ids == 0 and has_waiting(q) and -1 or 0
end

-- Whether a worker with a free slot would find something to start, and when a limit opens next.
local function startable(q, text, now)
  local own = read_queue_limit(text)
  local first = own.named and redis.call('ZRANGE', q.limits, 0, 0, 'WITHSCORES') or {}
  local opens = tonumber(first[2] or 'inf') or math.huge
  local is_maxed = own.concurrency and redis.call('ZCARD', q.active) >= own.concurrency
  return not is_maxed and (has_runnable(q) or opens <= now), opens > now and opens < math.huge and opens or nil
end
