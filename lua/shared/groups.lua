-- A turn of a group of weight 1. Scores of the ring are whole: as long as it is small Redis keeps it as a list, and reads a whole number
-- there at once, a fraction by its digits. Groups that come to wait at the same turn keep the order in which they came.
local TURN = 4194304
local TURN_ORDER = 4096

-- How far behind a turn of this group its next one is.
local function turn_of(group)
  return group.weight and math.floor(TURN / group.weight) or TURN
end

local function has_settings(group)
  return group.concurrency or group.max or group.paused
end

local function has_waiting_jobs(q, group)
  return redis.call('EXISTS', q.grouped .. group.id) == 1
end

local function group_text(group)
  if not (group.weight or group.ends or group.closed or has_settings(group)) then
    return group.running .. ',,,,,,,,,,'
  end
  local parts = {}
  for i, name in ipairs(GROUP_PARTS) do
    local number = group[name]
    parts[i] = number and number ~= 0 and string.format('%.0f', number) or ''
  end
  return table.concat(parts, ',')
end

-- Writes records, and removes those that say nothing any more. A window that outlives all else of its group expires with it.
local function write_groups(q, groups)
  local written, gone = {}, {}
  for _, group in ipairs(groups) do
    local count, left = window_of(group, time_of_call())
    if left == 0 then
      group.count, group.ends, group.length = nil, nil, nil
    end
    local closed = group.closed and time_left(group.closed, group.closedFor, time_of_call()) or 0
    if closed == 0 then
      group.closed, group.closedFor = nil, nil
    end
    local stays = group.running > 0 or has_settings(group) or (group.weight and has_waiting_jobs(q, group))
    if stays then
      written[#written + 1] = q.group .. group.id
      written[#written + 1] = group_text(group)
    elseif count > 0 or closed > 0 then
      group.weight = nil
      redis.call('SET', q.group .. group.id, group_text(group), 'PX', expiry(math.max(left, closed)))
    elseif group.text then
      gone[#gone + 1] = q.group .. group.id
    end
  end
  send_keys('MSET', written)
  send_keys('UNLINK', gone)
end

-- How many more jobs of a group may start, and when that changes by itself. `grant` has what holds for groups that have no
-- limits of their own.
local function open_group(group, grant, now)
  local concurrency, max = group.concurrency or grant.group_concurrency, group.max or grant.group_max
  local closed = group.closed and time_left(group.closed, group.closedFor, now) or 0
  group.places = concurrency and concurrency - group.running or math.huge
  group.room = group.paused and 0 or group.places
  if max then
    local count, left = window_of(group, now)
    if left == 0 then
      local duration = group.max and group.duration or grant.group_duration
      group.ends, group.length = now + duration, duration
    end
    group.count, group.has_window = count, true
    group.room = math.min(group.room, max - count)
  end
  if closed > 0 then
    group.room = 0
  end
  group.opens = math.max(closed > 0 and now + closed or 0, max and max <= group.count and group.ends or 0)
end

-- Where the ring of groups has come to: the score of the turn that was given last.
local function turn_now(q)
  return tonumber(redis.call('HGET', q.meta, 'turn') or '') or 0
end

-- Groups that have a turn again, or for the first time: one turn behind the last one that was given, so that nobody who waits is
-- passed over, and who comes waits for one turn of each other group at most.
local function join_ring(q, groups)
  if #groups == 0 then
    return
  end
  local turn, seq, pairs = turn_now(q), count_up(q.meta, 'seq', #groups) - #groups, {}
  for i, group in ipairs(groups) do
    pairs[2 * i - 1] = turn + turn_of(group) + (seq + i) % TURN_ORDER
    pairs[2 * i] = group.id
  end
  send('ZADD', q.groups .. 'waiting', pairs)
end

-- Nobody waits in these groups any more. One that is paused is known to be so all the same.
local function leave_ring(q, groups)
  local ids, paused = {}, {}
  for _, group in ipairs(groups) do
    if group.paused then
      paused[#paused + 1] = 0
      paused[#paused + 1] = group.id
    else
      ids[#ids + 1] = group.id
    end
  end
  for _, status in ipairs({ 'waiting', 'maxed', 'limited' }) do
    send('ZREM', q.groups .. status, ids)
  end
  send('ZADD', q.groups .. 'paused', paused)
end

-- `groups` in `meta` is how many jobs wait in groups. It is there while a fetch, or the end of a run, has to look after groups: also
-- while jobs wait for a limit, as they may be of groups.
local function count_left(q, left)
  local waiting = count_up(q.meta, 'groups', 0 - left)
  if waiting <= 0 and redis.call('EXISTS', q.groups .. 'holders', q.limited) == 0 then
    redis.call('HDEL', q.meta, 'groups', 'turn')
  end
end
