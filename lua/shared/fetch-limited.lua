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

-- The limits that a text names, once a call for each text.
local function limits_of(q, run, names)
  local list = run.lists[names]
  if not list then
    list = {}
    for name in string.gmatch(names, '[^,]+') do
      list[#list + 1] = limit_of(q, run, name)
    end
    run.lists[names] = list
  end
  return list
end

-- The first limit of a job that is closed, nil when all let it start.
local function closed_limit(limits)
  for i = 1, #limits do
    if limits[i].room < 1 then
      return limits[i]
    end
  end
  return nil
end

local function count_place(limits, by)
  for i = 1, #limits do
    local limit = limits[i]
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

-- Nobody is parked at a limit any more.
local function forget_parked(q, run, name, limit)
  if limit.exists then
    look_at(q, name, math.huge)
  else
    redis.call('ZREM', q.limits, name)
    run.dropped = true
  end
end

-- Jobs up to a score that open limits could let go, in the order of their turns. They are still parked.
local function find_parked(q, run, most, highest)
  local found = {}
  local stamp = string.format('%.0f', run.now)
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', q.limits, '-inf', stamp, 'LIMIT', 0, MOST_LIMITS)) do
    local limit = limit_of(q, run, name)
    if limit.room < 1 then
      look_at(q, name, limit.opens)
    elseif redis.call('EXISTS', q.parked .. name) == 0 then
      forget_parked(q, run, name, limit)
    elseif #found < most then
      local size = math.min(limit.room, most - #found)
      local page = redis.call('ZRANGEBYSCORE', q.parked .. name, '-inf', highest, 'WITHSCORES', 'LIMIT', 0, size)
      for i = 1, #page, 2 do
        found[#found + 1] = { id = page[i], score = tonumber(page[i + 1]), name = name }
      end
    end
  end
  table.sort(found, function(a, b)
    return a.score < b.score
  end)
  return found
end

local function let_go(q, entries)
  local ids, by_name = {}, {}
  for i, entry in ipairs(entries) do
    ids[i] = entry.id
    by_name[entry.name] = by_name[entry.name] or {}
    table.insert(by_name[entry.name], entry.id)
    redis.call('HDEL', q.job .. entry.id, 'limitedBy')
  end
  send('ZREM', q.limited, ids)
  for name, list in pairs(by_name) do
    send('ZREM', q.parked .. name, list)
  end
  return ids
end

-- Of jobs with a priority, those that were parked go before others of their class.
local function next_prioritized(q, run, most)
  local parked = find_parked(q, run, most, '+inf')
  local page = redis.call('ZRANGE', q.prioritized, 0, most - 1, 'WITHSCORES')
  local ids, going, taken, p, w = {}, {}, {}, 1, 1
  while #ids < most and (parked[p] or page[w]) do
    local class = page[w] and math.floor(page[w + 1] / CLASS_SPAN)
    if parked[p] and (not class or math.floor(parked[p].score / CLASS_SPAN) <= class) then
      going[#going + 1] = parked[p]
      ids[#ids + 1] = parked[p].id
      p = p + 1
    else
      taken[#taken + 1] = page[w]
      ids[#ids + 1] = page[w]
      w = w + 2
    end
  end
  send('ZREM', q.prioritized, taken)
  let_go(q, going)
  return ids
end

local function next_named(q, run, most)
  local parked = find_parked(q, run, most, '(' .. string.format('%.0f', CLASS_SPAN))
  if #parked > 0 then
    return let_go(q, parked)
  end
  local ids = redis.call('LPOP', q.waiting, most) or {}
  return #ids > 0 and ids or next_prioritized(q, run, most)
end

-- Jobs without a group come first.
local function next_ids(q, run, most)
  local ids = run.named and next_named(q, run, most) or {}
  if #ids == 0 and not run.named then
    ids = take_ids(q, most)
  end
  return (#ids == 0 and run.ring) and next_grouped(q, run, most) or ids
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

local READ = { limits = true, priority = true, turn = true }

-- Which of the ids may start, with their stored fields; the others are parked.
local function sort_out(q, run, ids)
  local open = {}
  for _, id in ipairs(ids) do
    local stored = redis.pcall('HGETALL', q.job .. id)
    if stored.err then
      stored = rare().renewed_fields(q, id, stored)
    end
    local entry = { id = id, stored = stored }
    for i = 1, #stored, 2 do
      local field = stored[i]
      if READ[field] then
        entry[field] = stored[i + 1]
      end
    end
    local limits = entry.limits and limits_of(q, run, entry.limits)
    entry.limit = limits and closed_limit(limits)
    if entry.limit then
      run.parks[#run.parks + 1] = entry
      if run.ring then
        entry.group = run.ring.taken[id]
        give_turn_back(q, run, entry)
      end
    elseif not run.ring or admit_grouped(q, run, entry) then
      if limits then
        count_place(limits, 1)
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
    if bodies[i] or redis.call('EXISTS', q.body .. entry.id) == 1 then
      local scheduler = activate(q, reply, entry.id, bodies[i] or '', grant, run.stamp, entry.stored)
      run.fired = note_fired(run.fired, entry.id, scheduler, reply)
      run.ids[#run.ids + 1] = entry.id
      emit(run.events, 'active', entry.id)
      if entry.limits then
        run.held[#run.held + 1] = entry.id
        run.held[#run.held + 1] = entry.limits
      end
      if entry.turn then
        redis.call('HDEL', q.job .. entry.id, 'turn')
      end
      if entry.group then
        run.ring.held[#run.ring.held + 1] = entry.id
        run.ring.held[#run.ring.held + 1] = entry.group.id
      end
    else
      if entry.limits then
        count_place(limits_of(q, run, entry.limits), -1)
      end
      give_turn_back(q, run, entry)
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

local function fetch_named(q, reply, grant, events, moves, want, named)
  local run = {
    now = moves.now, stamp = moves.stamp, events = events, limits = {}, lists = {}, parks = {}, held = {}, ids = {},
    named = named, ring = grant.has_groups and new_ring(grant) or nil,
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
  if run.ring then
    write_turns(q, run)
  end
  lock_all(q, run.ids, moves.now + grant.lock)
  return run.ids, run.fired
end

-- As `fetch_jobs`, for a queue whose limits `text` says. Answers the ids started, how long the rate limit asks to wait,
-- -1 where something waits that may not start, and the jobs of schedulers among them.
local function fetch_limited(q, reply, grant, events, moves, text)
  local now = moves.now
  local own = read_queue_limit(text)
  local want = math.min(FETCH_CAP, grant.want)
  local max = own.max or grant.max
  local duration = grant.duration > 0 and grant.duration or own.duration or 0
  local limit = read_limit(q, max, duration, grant.closed_until, now)
  local room = own.concurrency and own.concurrency - redis.call('ZCARD', q.active) or math.huge
  want = math.min(want, limit.left, room)
  local ids, fired = {}, nil
  if want >= 1 then
    if own.named or grant.has_groups then
      ids, fired = fetch_named(q, reply, grant, events, moves, want, own.named)
    else
      ids, fired = start_plain(q, reply, grant, events, moves, want)
    end
    if max > 0 and #ids > 0 then
      count_starts(q, limit, #ids, now)
    end
  end
  local left = limit.left - #ids
  if left < 1 and (max > 0 or limit.left < 1) then
    return ids, limit.ends - now, fired
  end
  return ids, #ids == 0 and has_waiting(q) and -1 or 0, fired
end

-- Whether a worker with a free slot would find something to start, and when a limit opens next.
local function startable(q, text, now, has_groups)
  local own = read_queue_limit(text)
  local has_turn, group_opens = false, math.huge
  if has_groups then
    has_turn, group_opens = groups_startable(q)
  end
  local first = own.named and redis.call('ZRANGE', q.limits, 0, 0, 'WITHSCORES') or {}
  local opens = math.min(tonumber(first[2] or 'inf') or math.huge, group_opens)
  local is_maxed = own.concurrency and redis.call('ZCARD', q.active) >= own.concurrency
  return not is_maxed and (has_runnable(q) or has_turn or opens <= now), opens > now and opens < math.huge and opens or nil
end
