-- @form outgoing page[n] number era text
-- A line is what has been posted to one target: a list, the first `count` messages of which have been received and are
-- kept until nothing can undo that. `outbox` has about each line: `count`, number and era of the last one received, the
-- history in which that was so, since when, until when which process delivers the next ones; number and era of the last one posted.
local LONGEST_SLICE = 20
-- @with posted_message
-- Elements may be large: what they say is not looked at.
local POSTED_MESSAGE = posted_message.head
local TRUST_MS = 60000

local function read_line(q, target, text, past, t)
  local line = { target = target, key = q.posted .. target, text = text, count = 0, number = '0', era = '', at = 0 }
  line.deadline, line.owner, line.last, line.last_era = 0, '', '0', ''
  local size = redis.pcall('LLEN', line.key)
  line.is_other = type(size) == 'table'
  line.size = line.is_other and 0 or size
  local count, number, era, known, at, deadline, owner, last, last_era =
    string.match(text, '^(%d+),(%d+),([%d%.%x]*),(%x*),(%d+),(%d+),([^,]*),(%d+),([%d%.%x]*)$')
  if count then
    line.last, line.last_era = last, last_era
    line.at, line.deadline, line.owner = tonumber(at), tonumber(deadline), owner
    line.is_old = tonumber(count) > 0 and math.abs(t - line.at) > TRUST_MS
    -- Received by what is there no longer: after a failover it may have been lost on the way.
    if known == past or line.is_old then
      line.count, line.number, line.era = math.min(tonumber(count), line.size), number, era
    end
  end
  return line
end

-- Takes a message out that cannot be read; the numbers of those that can still rise.
local function drop_unreadable(q, line, message, at)
  redis.call('LREM', line.key, 1, message)
  line.size = line.size - 1
  if at < line.count then
    line.count = line.count - 1
  end
  lay_aside(q, message)
  line.laid_aside = (line.laid_aside or 0) + 1
end

-- How many messages from the front have numbers up to this one.
local function count_up_to(q, line, number)
  local low, high = 0, line.size
  while low < high do
    local middle = math.floor((low + high) / 2)
    local message = redis.call('LINDEX', line.key, middle)
    local own = string.match(message, POSTED_MESSAGE)
    if not own then
      drop_unreadable(q, line, message, middle)
      high = high - 1
    elseif tonumber(own) <= number then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local function drop_first(line, count)
  if count > 0 then
    redis.call('LTRIM', line.key, count, -1)
    line.size = line.size - count
    line.count = line.count - count
  end
end

-- Returns how many had been received before.
local function mark_received(q, line, number, t)
  local count = count_up_to(q, line, number)
  local before = line.count
  if count > before then
    local last = redis.call('LINDEX', line.key, count - 1)
    line.count, line.at = count, t
    line.number, line.era = string.match(last, POSTED_MESSAGE)
  end
  line.deadline, line.owner = 0, ''
  return before
end

local function write_line(q, line, past)
  if line.size == 0 then
    redis.call('HDEL', q.outbox, line.target)
    return
  end
  local text = string.format(
    '%d,%s,%s,%s,%.0f,%.0f,%s,%s,%s', line.count, line.number, line.era, past, line.at, line.deadline, line.owner, line.last, line.last_era
  )
  if text ~= line.text then
    redis.call('HSET', q.outbox, line.target, text)
  end
end

-- Adds what the line has next to the page until that is full, at least one message to an empty one.
local function fill(q, page, line, budget)
  local from, given, size = line.count, 0, 1
  while true do
    local slice = redis.call('LRANGE', line.key, from, from + size - 1)
    local last = #slice < size
    for _, message in ipairs(slice) do
      local number, era, heavy, from_text = string.match(message, POSTED_MESSAGE)
      if not number then
        drop_unreadable(q, line, message, line.count)
        from = from - 1
      elseif budget.used and (budget.weight < tonumber(heavy) or budget.bytes < #message) then
        return given
      else
        budget.used = true
        budget.weight = budget.weight - heavy - 1
        budget.bytes = budget.bytes - #message
        local n = #page
        outgoing.number, outgoing.era, outgoing.text = number, era, string.sub(message, from_text)
        given = given + 1
      end
    end
    if last then
      return given
    end
    from = from + size
    -- Large ones fill the page soon.
    size = math.min(2 * size, LONGEST_SLICE)
  end
end
