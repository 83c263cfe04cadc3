-- Jobs that a limit does not let start are parked at it, in the order of their turns. Here are those that open limits may let go,
-- the next turn first: a heap of one cursor a limit, which reads on where its page ends. They stay parked until `let_go`.
local PAGE = 100

local function sift_down(heap, at)
  while true do
    local least = at
    for child = 2 * at, 2 * at + 1 do
      if heap[child] and heap[child].score < heap[least].score then
        least = child
      end
    end
    if least == at then
      return
    end
    heap[at], heap[least] = heap[least], heap[at]
    at = least
  end
end

-- Moves a cursor to its next job. Returns whether there is one.
local function step_on(q, cursor, most)
  if not cursor.page[cursor.at + 2] then
    local size = math.max(math.min(cursor.limit.room, most, PAGE), 1)
    cursor.page = redis.call('ZRANGE', q.parked .. cursor.limit.name, cursor.read, cursor.read + size - 1, 'WITHSCORES')
    cursor.read = cursor.read + #cursor.page / 2
    cursor.at = -1
  end
  cursor.at = cursor.at + 2
  cursor.score = tonumber(cursor.page[cursor.at + 1] or '')
  return cursor.score ~= nil
end

local function open_turns(q, book, most)
  local turns = { most = most }
  if first_opening(q, book) <= book.now then
    local stamp = string.format('%.0f', book.now)
    for _, name in ipairs(redis.call('ZRANGEBYSCORE', q.limits, '-inf', stamp, 'LIMIT', 0, MOST_LIMITS)) do
      book.visited[name] = limit_of(q, book, name)
    end
  end
  for _, limit in pairs(book.visited) do
    local cursor = { limit = limit, page = {}, at = -1, read = 0, going = {} }
    if limit.room >= 1 and step_on(q, cursor, most) then
      turns[#turns + 1] = cursor
    end
  end
  for at = math.floor(#turns / 2), 1, -1 do
    sift_down(turns, at)
  end
  return turns
end

local function drop_first_cursor(turns)
  turns[1] = turns[#turns]
  turns[#turns] = nil
  if turns[1] then
    sift_down(turns, 1)
  end
end

-- The score of the next turn, nil where there is none.
local function next_turn(turns)
  while turns[1] and turns[1].limit.room < 1 do
    drop_first_cursor(turns)
  end
  return turns[1] and turns[1].score
end

local function first_parked(turns)
  return turns[1].page[turns[1].at]
end

-- Takes the job whose turn is next.
local function take_turn(q, book, turns)
  local cursor = turns[1]
  local id = cursor.page[cursor.at]
  book.going = book.going or {}
  local going = book.going[cursor.limit.name] or {}
  book.going[cursor.limit.name] = going
  going[#going + 1] = id
  if step_on(q, cursor, turns.most) then
    sift_down(turns, 1)
  else
    drop_first_cursor(turns)
  end
  return id
end

local function let_go(q, going)
  for name, ids in pairs(going) do
    send('ZREM', q.limited, ids)
    send('ZREM', q.parked .. name, ids)
  end
end

-- Its turn stays with a job that is parked anew.
local function park_all(q, book, parks)
  local seq = count_on(q, parks)
  local all, by_name = {}, {}
  for i, entry in ipairs(parks) do
    local turn = tonumber(entry.turn or '') or (seq + i) % CLASS_MIDDLE
    local score = string.format('%.0f', (tonumber(entry.priority or '') or 0) * CLASS_SPAN + CLASS_MIDDLE + turn)
    local name = entry.limit.name
    as_hash(q, entry.id)
    redis.call('HSET', q.job .. entry.id, 'limitedBy', name, 'turn', turn)
    book.visited[name] = entry.limit
    by_name[name] = by_name[name] or {}
    for _, list in ipairs({ all, by_name[name] }) do
      list[#list + 1] = score
      list[#list + 1] = entry.id
    end
  end
  send('ZADD', q.limited, all)
  for name, list in pairs(by_name) do
    send('ZADD', q.parked .. name, list)
  end
end
