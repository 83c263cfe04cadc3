-- Returns whether the text names a group.
local function place_in_group(moves, id, priority, front)
  local group, class, weight = group_in(priority)
  if not group then
    return false
  end
  move(moves, 'grouped', { id = id, group = group, priority = class, weight = weight, front = front })
  local sizes = moves.sizes or {}
  moves.sizes = sizes
  sizes[group] = (sizes[group] or 0) + 1
  return true
end

-- Another priority for a job, in the group that it is in.
-- @with grouped_priority
local function keep_group(stored, priority)
  local _, weight, group = string.match(stored or '', grouped_priority.pattern)
  return group and string.format(grouped_priority.format, string.format('%.0f', priority), weight, group) or priority
end

-- `priority_of` has the field `priority` of jobs where the caller has read it.
local function ids_by_group(q, ids, priority_of)
  local by_id = {}
  for _, id in ipairs(ids) do
    local priority = priority_of and priority_of[id] or try_field(q, id, 'priority')
    -- One that cannot be read is of no group that anybody knows.
    local group = type(priority) == 'string' and group_in(priority)
    if group then
      by_id[group] = by_id[group] or {}
      table.insert(by_id[group], id)
    end
  end
  return by_id
end

-- Jobs of a group that wait for a limit are in `sidelined:<id>` besides, scored as in `limited`: they count for its size, and are deleted with it.
local function sideline(q, ids, scores, priority_of)
  for group, list in pairs(ids_by_group(q, ids, priority_of)) do
    local pairs = {}
    for i, id in ipairs(list) do
      pairs[2 * i - 1] = scores[id]
      pairs[2 * i] = id
    end
    send('ZADD', q.sidelined .. group, pairs)
  end
end

local function leave_sideline(q, ids, priority_of)
  for group, list in pairs(ids_by_group(q, ids, priority_of)) do
    send('ZREM', q.sidelined .. group, list)
  end
end

local function group_size(q, id)
  return redis.call('ZCARD', q.grouped .. id) + redis.call('ZCARD', q.sidelined .. id)
end

-- Whether as many jobs wait in a group as a new one allows, those of this call among them.
local function has_enough(q, moves, asked)
  local sizes = moves.sizes or {}
  return group_size(q, asked.group) + (sizes[asked.group] or 0) >= asked.most_in_group
end

-- The same for a job to add. One that a deduplication stops is not refused.
local function group_is_full(q, moves, asked)
  return not (asked.dedup and rare().is_kept_out(q, asked.dedup, moves.now)) and has_enough(q, moves, asked)
end

-- The first group that would be full for one of these jobs, nil for none: what each asks for, in their order.
local function first_full(q, list)
  local sizes = {}
  for _, asked in ipairs(list) do
    local size = sizes[asked.group] or group_size(q, asked.group)
    if asked.most_in_group and size >= asked.most_in_group then
      return asked.group
    end
    sizes[asked.group] = asked.delay > 0 and size or size + 1
  end
  return nil
end

-- Jobs by their groups, in the order in which they came: most groups have one of a call. Each gets its score.
local function by_group(q, list)
  local seq, known, groups = count_on(q, list), {}, {}
  for i, entry in ipairs(list) do
    local first = known[entry.group]
    entry.score = score_in_class(entry, seq + i)
    if not first then
      known[entry.group] = entry
      groups[#groups + 1] = entry
    else
      first.pairs = first.pairs or { first.score, first.id }
      first.pairs[#first.pairs + 1] = entry.score
      first.pairs[#first.pairs + 1] = entry.id
      first.weight = entry.weight or first.weight
    end
  end
  return groups
end

-- Those whose weight has changed.
local function weigh(groups, records)
  local changed = {}
  for i, first in ipairs(groups) do
    local weight, record = first.weight, records[i]
    if weight and weight ~= (record.weight or 1) then
      record.weight = weight > 1 and weight or nil
      changed[#changed + 1] = record
    end
  end
  return changed
end

-- Puts jobs into their groups. A group that nobody waited in gets its turn in the ring, or is known as paused.
local function write_grouped(q, moves)
  local looked, ids = {}, {}
  for _, first in ipairs(by_group(q, moves.grouped)) do
    local key = q.grouped .. first.group
    first.is_new = redis.call('EXISTS', key) == 0
    if first.pairs then
      send('ZADD', key, first.pairs)
    else
      redis.call('ZADD', key, first.score, first.id)
    end
    if first.is_new or first.weight then
      looked[#looked + 1] = first
      ids[#ids + 1] = first.group
    end
  end
  count_up(q.meta, 'groups', #moves.grouped)
  if #ids == 0 then
    return
  end
  local records, joining = read_groups(q, ids), {}
  write_groups(q, weigh(looked, records))
  for i, record in ipairs(records) do
    if looked[i].is_new and record.paused then
      redis.call('ZADD', q.groups .. 'paused', 1, record.id)
    elseif looked[i].is_new then
      joining[#joining + 1] = record
    end
  end
  join_ring(q, joining)
end

-- Takes jobs that wait out of their groups.
local function leave_groups(q, ids)
  local left, taken = {}, 0
  for group, list in pairs(ids_by_group(q, ids)) do
    for first = 1, #list, MAX_VALUES do
      taken = taken + redis.call('ZREM', q.grouped .. group, unpack(list, first, math.min(first + MAX_VALUES - 1, #list)))
    end
    if redis.call('EXISTS', q.grouped .. group) == 0 then
      left[#left + 1] = group
    end
  end
  if #left > 0 then
    local records = read_groups(q, left)
    leave_ring(q, records)
    write_groups(q, records)
  end
  if taken > 0 then
    count_left(q, taken)
  end
end

-- Runs of groups have ended: `groups:holders` has for each active job its group. Returns whether one may start anew.
-- A call that goes on to fetch counts what is left by that.
local function free_groups(q, ids, fetches)
  local counts, names, held = {}, {}, {}
  for first = 1, #ids, MAX_VALUES do
    local slice = { unpack(ids, first, math.min(first + MAX_VALUES - 1, #ids)) }
    for i, group in ipairs(redis.call('HMGET', q.groups .. 'holders', unpack(slice))) do
      if group then
        held[#held + 1] = slice[i]
        if not counts[group] then
          names[#names + 1] = group
        end
        counts[group] = (counts[group] or 0) + 1
      end
    end
  end
  if #held == 0 then
    return false
  end
  send('HDEL', q.groups .. 'holders', held)
  local records, opened = read_groups(q, names), {}
  local has_maxed = #names == 1 or redis.call('EXISTS', q.groups .. 'maxed') == 1
  for _, group in ipairs(records) do
    group.running = math.max(group.running - counts[group.id], 0)
    if has_maxed and redis.call('ZREM', q.groups .. 'maxed', group.id) == 1 then
      opened[#opened + 1] = group
    end
  end
  join_ring(q, opened)
  write_groups(q, records)
  if not fetches then
    count_left(q, 0)
  end
  return #opened > 0
end

-- For a call that takes jobs off their workers in a queue with groups.
local function free_groups_too(moves)
  local free_limits = moves.free
  moves.free = function(q, ids)
    local opened = free_limits and free_limits(q, ids)
    return free_groups(q, ids, true) or opened
  end
end

-- Up to so many jobs of any groups.
local function take_grouped(q, most)
  local ids, left = {}, {}
  for _, status in ipairs(GROUP_STATUSES) do
    local most_now = most - #ids
    for _, group in ipairs(most_now > 0 and redis.call('ZREVRANGE', q.groups .. status, 0, most_now - 1) or {}) do
      local popped = #ids < most and redis.call('ZPOPMIN', q.grouped .. group, most - #ids) or {}
      for i = 1, #popped, 2 do
        ids[#ids + 1] = popped[i]
      end
      if redis.call('EXISTS', q.grouped .. group) == 0 then
        left[#left + 1] = group
      end
    end
  end
  if #ids > 0 then
    local records = read_groups(q, left)
    leave_ring(q, records)
    write_groups(q, records)
    count_left(q, #ids)
  end
  return ids
end
