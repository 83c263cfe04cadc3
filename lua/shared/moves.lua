-- The membership changes of one call, gathered so that each list or set is written once, whatever the batch. Lists are
-- made when first needed: most calls need two. Numbers reach Redis as text, and turning them into text is dear: what a
-- whole call shares is turned once (`stamp`).
local FRACTION = 4096
local CLASS_SPAN = 4294967296
local CLASS_MIDDLE = 2147483648

-- `free`, where the caller sets it, gives back the places in limits that released jobs hold.
local function new_moves(now, stamp)
  return { now = now, stamp = stamp or string.format('%.0f', now) }
end

-- `name`: released (no longer active), front or back (of the plain list), prioritized, grouped, delayed, completed, failed,
-- waiting-children.
local function move(moves, name, entry)
  local list = moves[name]
  if list then
    list[#list + 1] = entry
  else
    moves[name] = { entry }
  end
end

-- Puts a job where jobs wait for a worker: its group, see `group_in`, its priority class, or the plain list.
-- Returns the state that the job has there.
local function place(moves, id, priority, front)
  local class = tonumber(priority)
  if class and class > 0 then
    move(moves, 'prioritized', { id = id, priority = class, front = front })
    return 'prioritized'
  elseif priority and not class and grouped().place_in_group(moves, id, priority, front) then
    return 'waiting'
  end
  move(moves, front and 'front' or 'back', id)
  return 'waiting'
end

-- Whether the call put a job where workers fetch.
local function placed_any(moves)
  return moves.front or moves.back or moves.prioritized or moves.grouped
end

-- Numbers that go on counting with each job moved, so that equal times and priorities stay in the order of arrival.
local function count_on(q, list)
  return count_up(q.meta, 'seq', #list) - #list
end

-- The fraction of the score counts up within a millisecond.
local function write_delayed(q, list)
  local seq, pairs = count_on(q, list), {}
  for i, entry in ipairs(list) do
    pairs[2 * i - 1] = string.format('%.17g', entry.due + ((seq + i) % FRACTION) / FRACTION)
    pairs[2 * i] = entry.id
  end
  send('ZADD', q.delayed, pairs)
end

-- Lower priority numbers come first; within a class the front is below the middle and the back above it.
local function score_in_class(entry, order)
  local place_in_class = order % CLASS_MIDDLE
  place_in_class = entry.front and CLASS_MIDDLE - 1 - place_in_class or CLASS_MIDDLE + place_in_class
  return string.format('%.0f', entry.priority * CLASS_SPAN + place_in_class)
end

local function write_prioritized(q, list)
  local seq, pairs = count_on(q, list), {}
  for i, entry in ipairs(list) do
    pairs[2 * i - 1] = score_in_class(entry, seq + i)
    pairs[2 * i] = entry.id
  end
  send('ZADD', q.prioritized, pairs)
end

-- Finished jobs are kept in the order in which they finished, parents in that in which they began to wait.
local function write_finished(q, set, list)
  local seq = count_on(q, list)
  if #list == 1 then
    redis.call('ZADD', set, seq + 1, list[1])
    return
  end
  local pairs = {}
  for i, id in ipairs(list) do
    pairs[2 * i - 1] = seq + i
    pairs[2 * i] = id
  end
  send('ZADD', set, pairs)
end

local function write_moves(q, moves)
  if moves.released then
    send('ZREM', q.active, moves.released)
    if moves.free then
      moves.opened = moves.free(q, moves.released)
    end
  end
  if moves.completed then
    write_finished(q, q.completed, moves.completed)
  end
  if moves.failed then
    write_finished(q, q.failed, moves.failed)
  end
  if moves['waiting-children'] then
    write_finished(q, q['waiting-children'], moves['waiting-children'])
  end
  if moves.back then
    send('RPUSH', q.waiting, moves.back)
  end
  if moves.front then
    send('LPUSH', q.waiting, moves.front)
  end
  if moves.prioritized then
    write_prioritized(q, moves.prioritized)
  end
  if moves.delayed then
    write_delayed(q, moves.delayed)
  end
  if moves.grouped then
    grouped().write_grouped(q, moves)
  end
end
