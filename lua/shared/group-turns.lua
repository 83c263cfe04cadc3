-- Turns of groups. `groups:waiting` is a ring: groups in which jobs wait, scored by their next turn. A fetch takes from the one that
-- is due first, whose next turn is a turn / weight behind this one; so groups take turns, and one of weight 3 has three of them while
-- others have one. What is found closed leaves the ring for `groups:maxed` (until one of its runs ends), `groups:limited` (scored by
-- when it opens) or `groups:paused`, and is not looked at before that. So each group is looked at once, whatever its number of jobs.
local GROUP_LOOK_CAP = 2000

-- What holds for a group without limits of its own: what the workers say.
-- @text group_grant {concurrency:int?},{max:int?},{duration:int?},{alone:flag?}
local function read_group_grant(grant, text)
  local concurrency, max, duration, affinity = string.match(text, group_grant.pattern)
  grant.has_groups, grant.affinity = true, affinity == '1'
  grant.group_concurrency, grant.group_max = tonumber(concurrency), tonumber(max)
  grant.group_duration = tonumber(duration) or 0
end

local function new_ring(grant, now)
  return { grant = grant, now = now, groups = {}, taken = {}, returned = {}, held = {}, looked = 0, left = 0 }
end

-- As they are in this call: what it starts counts.
local function groups_of(q, ring, ids)
  local unknown, groups = {}, {}
  for _, id in ipairs(ids) do
    if not ring.groups[id] then
      unknown[#unknown + 1] = id
    end
  end
  for _, group in ipairs(read_groups(q, unknown)) do
    open_group(group, ring.grant, ring.now)
    ring.groups[group.id] = group
  end
  for i, id in ipairs(ids) do
    groups[i] = ring.groups[id]
  end
  return groups
end

-- Groups whose time has come go back to the ring.
local function end_waits(q, ring)
  local key = q.groups .. 'limited'
  local ids = redis.call('ZRANGEBYSCORE', key, '-inf', string.format('%.0f', ring.now), 'LIMIT', 0, GROUP_LOOK_CAP)
  if #ids > 0 then
    send('ZREM', key, ids)
    join_ring(q, groups_of(q, ring, ids))
  end
end

-- The next groups of the ring, by their turns. Returns how far the turns of all of them are known, too.
local function next_groups(q, ring, most, from)
  from = from or 0
  local page, ids = redis.call('ZRANGE', q.groups .. 'waiting', from, from + most - 1, 'WITHSCORES'), {}
  for i = 1, #page, 2 do
    ids[#ids + 1] = page[i]
  end
  local groups = groups_of(q, ring, ids)
  for i, group in ipairs(groups) do
    group.turn = tonumber(page[2 * i])
    group.left = group.room > 0 and redis.call('ZCARD', q.grouped .. group.id) or 1
  end
  return groups, #ids == most and groups[#groups].turn or math.huge
end

local function count_starts_of(group, by)
  group.running = group.running + by
  group.places = group.places - by
  group.room = group.room - by
  if group.has_window then
    group.count = group.count + by
    group.opens = math.max(group.opens, group.room < 1 and group.ends or 0)
  end
  group.is_changed = true
end

-- Keeps the groups from `first` on in the order of their turns.
local function put_back(groups, first, group)
  local at = #groups + 1
  while at > first and groups[at - 1].turn > group.turn do
    at = at - 1
  end
  table.insert(groups, at, group)
end

-- Takes jobs of these groups in turn.
local function take_turns(q, ring, groups, horizon, most)
  local ids, first = {}, 1
  while #ids < most and groups[first] and groups[first].turn <= horizon do
    local group, step = groups[first], turn_of(groups[first])
    first = first + 1
    if group.room > 0 and group.left > 0 then
      local until_then = math.min(groups[first] and groups[first].turn or math.huge, horizon)
      local turns = math.min(math.floor((until_then - group.turn) / step) + 1, group.room, group.left, most - #ids)
      local popped = redis.call('ZPOPMIN', q.grouped .. group.id, turns)
      for i = 1, #popped, 2 do
        ids[#ids + 1] = popped[i]
        ring.taken[popped[i]] = group
      end
      ring.turn = group.turn + (turns - 1) * step
      group.turn = group.turn + turns * step
      group.left = group.left - turns
      count_starts_of(group, turns)
      put_back(groups, first, group)
    end
  end
  ring.left = ring.left + #ids
  return ids
end

-- Where a group that was looked at is now: in the ring, closed, or nowhere where nobody waits in it.
local function write_ring(q, groups)
  local ring, maxed, limited, paused, gone, known = {}, {}, {}, {}, {}, {}
  for _, group in ipairs(groups) do
    if not known[group.id] then
      known[group.id] = true
      local list, score = ring, group.turn
      if group.left < 1 or group.room < 1 then
        gone[#gone + 1] = group.id
        if group.left < 1 then
          list = nil
        elseif group.paused then
          list, score = paused, 1
        elseif group.places < 1 then
          list, score = maxed, 0
        else
          list, score = limited, group.opens
        end
      end
      if list then
        list[#list + 1] = score
        list[#list + 1] = group.id
      end
    end
  end
  send('ZREM', q.groups .. 'waiting', gone)
  send('ZADD', q.groups .. 'waiting', ring)
  send('ZADD', q.groups .. 'maxed', maxed)
  send('ZADD', q.groups .. 'limited', limited)
  send('ZADD', q.groups .. 'paused', paused)
end

-- Up to so many jobs whose groups let them start.
local function next_grouped(q, ring, most)
  if ring.grant.affinity then
    return grouped().next_batch(q, ring, most)
  elseif ring.looked == 0 then
    end_waits(q, ring)
  end
  while ring.looked < GROUP_LOOK_CAP do
    local groups, horizon = next_groups(q, ring, most)
    if #groups == 0 then
      return {}
    end
    ring.looked = ring.looked + #groups
    local ids = take_turns(q, ring, groups, horizon, most)
    write_ring(q, groups)
    if #ids > 0 then
      return ids
    end
  end
  return {}
end

-- A job that was taken does not start.
local function give_turn_back(q, run, id)
  local group = run.ring and run.ring.taken[id]
  if not group then
    return
  end
  count_starts_of(group, -1)
  group.opens = 0
  if group.room == 1 and (redis.call('ZREM', q.groups .. 'maxed', group.id) + redis.call('ZREM', q.groups .. 'limited', group.id)) > 0 then
    join_ring(q, { group })
    return
  end
  local turn = tonumber(redis.call('ZSCORE', q.groups .. 'waiting', group.id) or '')
  -- A batch of one group has taken one turn for all.
  if turn and not run.ring.grant.affinity then
    redis.call('ZADD', q.groups .. 'waiting', turn - turn_of(group), group.id)
  end
end

-- Whether the group of a job lets it start. One that waited for a limit has a place in its group only now; where there is
-- none it goes back there, to the front.
local function admit_grouped(q, run, entry)
  entry.group = run.ring.taken[entry.id]
  if entry.group then
    return true
  end
  local id = group_in(entry.priority or '')
  if not id then
    return true
  end
  local group = groups_of(q, run.ring, { id })[1]
  if group.room < 1 then
    local returned = run.ring.returned
    returned[#returned + 1] = entry
    return false
  end
  entry.group = group
  count_starts_of(group, 1)
  return true
end

-- What the starts of a call mean for the groups.
local function write_turns(q, run)
  local ring, changed = run.ring, {}
  for _, group in pairs(ring.groups) do
    if group.is_changed then
      changed[#changed + 1] = group
    end
  end
  send('HSET', q.groups .. 'holders', ring.held)
  if ring.turn then
    redis.call('HSET', q.meta, 'turn', ring.turn)
  end
  write_groups(q, changed)
  if #ring.returned > 0 then
    local moves = new_moves(ring.now)
    for i = #ring.returned, 1, -1 do
      local entry = ring.returned[i]
      if entry.limitedBy then
        redis.call('HDEL', q.job .. entry.id, 'limitedBy')
      end
      place_in_group(moves, entry.id, entry.priority, true)
    end
    write_grouped(q, moves)
  end
  if ring.left > 0 or #ring.held > 0 or #run.ids == 0 then
    count_left(q, ring.left)
  end
end

-- Whether a group has a turn, and when one that is limited opens.
local function groups_startable(q)
  local first = redis.call('ZRANGE', q.groups .. 'limited', 0, 0, 'WITHSCORES')
  return redis.call('EXISTS', q.groups .. 'waiting') == 1, tonumber(first[2] or 'inf') or math.huge
end

-- Starts jobs of groups in a queue where no limit has a name: as `start_plain`. Adds to the ids that are started.
local function start_in_turn(q, reply, grant, events, moves, ids, want, fired)
  local ring = grant.ring or new_ring(grant, moves.now)
  local run = { ring = ring, ids = ids, want = want }
  local started, records = {}, {}
  while #ids < want do
    local taken = next_grouped(q, ring, want - #ids)
    if #taken == 0 then
      break
    end
    local bodies, stored, is_hash = read_jobs(q, taken)
    for i, id in ipairs(taken) do
      local body = bodies[i] or rare().renewed_body(q, id, moves.stamp)
      if body or redis.call('EXISTS', q.body .. id) == 1 then
        fired = note_fired(fired, id, activate(q, reply, id, body or '', grant, moves.stamp, stored[i], not is_hash[i] and records), reply)
        started[#started + 1] = id
        ids[#ids + 1] = id
        ring.held[#ring.held + 1] = id
        ring.held[#ring.held + 1] = ring.taken[id].id
        emit(events, 'active', id)
      else
        give_turn_back(q, run, id)
      end
    end
  end
  write_turns(q, run)
  send_keys('MSET', records)
  lock_all(q, started, moves.now + grant.lock)
  return fired
end

-- As `fetch_limited`, in a queue with groups and without limits of its own.
local function fetch_groups(q, reply, grant, events, moves)
  local now = moves.now
  local limit = read_limit(q, grant.max, grant.duration, grant.closed_until, now)
  local want = math.min(grant.want, FETCH_CAP, limit.left)
  local ids, fired = {}, nil
  if want >= 1 then
    if not grant.skips_plain then
      ids, fired = start_plain(q, reply, grant, events, moves, want)
    end
    if #ids < want and not (grant.affinity and #ids > 0) then
      fired = start_in_turn(q, reply, grant, events, moves, ids, want, fired)
    end
    if grant.max > 0 and #ids > 0 then
      count_starts(q, limit, #ids, now)
    end
  end
  if limit.left - #ids < 1 and (grant.max > 0 or limit.left < 1) then
    return ids, limit.ends - now, fired
  end
  return ids, #ids == 0 and has_waiting(q) and -1 or 0, fired
end

-- As `startable`, in such a queue.
local function startable_in_turn(q, now)
  local has_turn, opens = groups_startable(q)
  return has_turn or opens <= now or has_runnable(q), opens > now and opens < math.huge and opens or nil
end
