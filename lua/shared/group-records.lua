-- A group's record, `group:<id>`, is a text of numbers, parts empty where there is none: jobs running, weight, concurrency,
-- max, duration, 1 when paused, starts in the window, its end, its length, and until when it is closed by hand and for how
-- long. One command reads or writes those of a whole batch. A group that has none runs nothing and has nothing of its own.
-- @inner group_text {running:int?},{weight:int?},{concurrency:int?},{max:int?},{duration:int?},{paused:int?},{count:int?},{ends:int?},{length:int?},{closed:int?},{closedFor:int?}
local GROUP_PARTS = group_text.parts
local GROUP_TEXT = group_text.pattern

local function group_record(id, text)
  local group = { id = id, text = text or nil, running = 0 }
  -- Most count what runs, and say nothing else.
  local running = text and string.match(text, '^(%d+),,,,,,,,,,$')
  if running then
    group.running = tonumber(running)
  elseif text then
    for i, part in ipairs({ string.match(text, GROUP_TEXT) }) do
      group[GROUP_PARTS[i]] = tonumber(part)
    end
    group.running = group.running or 0
  end
  return group
end

local function read_groups(q, ids)
  local groups = {}
  for first = 1, #ids, MAX_VALUES do
    local keys = {}
    for i = first, math.min(first + MAX_VALUES - 1, #ids) do
      keys[#keys + 1] = q.group .. ids[i]
    end
    for i, text in ipairs(redis.call('MGET', unpack(keys))) do
      groups[#groups + 1] = group_record(ids[first + i - 1], text)
    end
  end
  return groups
end

-- The starts in the window of a group, and what is left of it.
local function window_of(group, now)
  if not group.ends then
    return 0, 0
  end
  local left = time_left(group.ends, group.length, now)
  return left > 0 and group.count or 0, left
end

-- A job of a group has in its field `priority` a text of three parts: its priority, the weight that it gives to its group, and
-- behind an @ the id of the group. So whatever puts a job where it waits knows the group, and reads no field more.
-- @stored grouped_priority {priority:int?},{weight:int?}@{group:any}
local IN_GROUP = grouped_priority.pattern

local function group_in(priority)
  local class, weight, id = string.match(priority, IN_GROUP)
  return id, tonumber(class) or 0, tonumber(weight)
end

-- A group in which jobs wait is in one of these sets; one that is paused is in the last one, with a score of 1 while jobs wait there.
local GROUP_STATUSES = { 'waiting', 'limited', 'maxed', 'paused' }

local function group_statuses()
  return GROUP_STATUSES
end

-- Where jobs of a group wait, nil where none does, and it is not paused.
local function group_status(q, id)
  for _, status in ipairs(GROUP_STATUSES) do
    if redis.call('ZSCORE', q.groups .. status, id) then
      return status
    end
  end
  return nil
end
