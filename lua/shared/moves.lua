-- The membership changes of one call, gathered so that each list or set is written once, whatever the batch.
local FRACTION = 4096
local CLASS_SPAN = 4294967296
local CLASS_MIDDLE = 2147483648

-- Numbers reach Redis as text, and turning them into text is dear: what a whole call shares is turned once (`stamp`).
local function new_moves(now)
  return {
    now = now,
    stamp = string.format('%.0f', now),
    released = {},
    front = {},
    back = {},
    prioritized = {},
    delayed = {},
    completed = {},
    failed = {},
  }
end

-- Puts a job where jobs wait for a worker: its priority class, or the plain list.
-- Answers the state that the job has there.
local function place(moves, id, priority, front)
  if priority and tonumber(priority) > 0 then
    local list = moves.prioritized
    list[#list + 1] = { id = id, priority = tonumber(priority), front = front }
    return 'prioritized'
  end
  local list = front and moves.front or moves.back
  list[#list + 1] = id
  return 'waiting'
end

-- Equal milliseconds stay in the order of arrival: the fraction of the score counts up.
local function timed_score(ms, seq)
  return string.format('%.17g', ms + (seq % FRACTION) / FRACTION)
end

-- Lower priority numbers come first; within a class the front is below the middle and the back above it.
local function class_score(priority, front, seq)
  local place_in_class = front and CLASS_MIDDLE - 1 - seq % CLASS_MIDDLE or CLASS_MIDDLE + seq % CLASS_MIDDLE
  return string.format('%.0f', priority * CLASS_SPAN + place_in_class)
end

-- Whether the call put a job where workers fetch.
local function placed_any(moves)
  return #moves.front + #moves.back + #moves.prioritized > 0
end

local function write_moves(q, moves)
  if #moves.released > 0 then
    send('ZREM', q.active, moves.released)
  end
  if #moves.back > 0 then
    send('RPUSH', q.waiting, moves.back)
  end
  if #moves.front > 0 then
    send('LPUSH', q.waiting, moves.front)
  end
  local scored = #moves.prioritized + #moves.delayed + #moves.completed + #moves.failed
  if scored == 0 then
    return
  end
  local seq = redis.call('HINCRBY', q.meta, 'seq', scored) - scored
  local function write_scored(key, list, score)
    if #list > 0 then
      local pairs = {}
      for _, entry in ipairs(list) do
        seq = seq + 1
        pairs[#pairs + 1] = score(entry)
        pairs[#pairs + 1] = entry.id or entry
      end
      send('ZADD', key, pairs)
    end
  end
  write_scored(q.prioritized, moves.prioritized, function(entry)
    return class_score(entry.priority, entry.front, seq)
  end)
  write_scored(q.delayed, moves.delayed, function(entry)
    return timed_score(entry.due, seq)
  end)
  -- Finished jobs are kept in the order in which they finished.
  local function next_place()
    return seq
  end
  write_scored(q.completed, moves.completed, next_place)
  write_scored(q.failed, moves.failed, next_place)
end
