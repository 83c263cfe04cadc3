--- Notes which messages have been received, drops those that can't get lost any more, and gives what is to be delivered
-- next, of each line to one process at a time. Takes back what was staged and never gone on with.
-- @key meta outbox fences staging unreadable
-- @derives posted staged
-- @arg now int          0 for Redis' clock
-- @arg holder text      names the process
-- @arg lease int        milliseconds for which no other process is to deliver what is given
-- @arg turn int         changes from call to call, so that each line comes first at times
-- @arg maxWeight int    writes that a page may take about, where it is received
-- @arg maxBytes int     size of a page about
-- @arg past text        the history, as replied, in which the following came to be known: void in another one
-- @arg asked text       ids of flows, split by commas
-- @each report target received durable fences flag
-- @form outbox_line reply[at] target number era kept:int left:int newest given:outgoing...
-- @returns history late_in_ms:int sent:int going laid_aside:int lines:outbox_line*
-- What is reported of a line: target; number up to which all was received; number up to which nothing can get lost; fences that
--       were passed, split by commas; busy to be given nothing of it, again for all that is kept, or nothing
-- @reply the history; ms until another process is late with what it delivers, -1 when none is at it; the last number
--        given; which of the flows asked about are not whole yet, split by commas; how many messages were laid aside as they cannot be read; then per line: target, number and era
--        of the last element received, how many are kept after they were, how many are still to be, number of the last one posted, how
--        many follow, and three parts of each of these: number, era, text
-- @cost O(L log N) for L targets, and O(K) for K messages given, 1500 at most
-- @use server-time send post lay-aside advance-flow lines

local STAGED_SLICE = 20
local FENCE_SLICE = 20
local t = server_time(now)
local current = history()

local FLAGS = { [''] = true, busy = true, again = true }
local reports, call = {}, {}
for at = rest, #ARGV, report.size do
  local said = { received = whole(report.received), durable = whole(report.durable), fences = report.fences, flag = report.flag }
  if not said.received or not said.durable or not FLAGS[said.flag] then
    return redis.error_reply('ERR a report cannot be read')
  end
  reports[report.target] = said
end

local overdue = redis.call('ZRANGEBYSCORE', q.staging, '-inf', t, 'LIMIT', 0, STAGED_SLICE)
for _, id in ipairs(overdue) do
  redis.call('UNLINK', q.staged .. id)
  redis.call('ZREM', q.staging, id)
end

-- What has been received behind a fence was delivered by whoever came after, who knows of no other fences than those it
-- delivered itself: the one who did may have died before it said so.
local function pass_received(line, before)
  local open = before < line.count and redis.pcall('HLEN', q.fences)
  if not open or open == 0 or type(open) == 'table' then
    return
  end
  for first = before, line.count - 1, FENCE_SLICE do
    local slice = redis.call('LRANGE', line.key, first, math.min(first + FENCE_SLICE, line.count) - 1)
    for _, message in ipairs(slice) do
      pass_fence(q, call, string.match(message, POSTED_MESSAGE) or '')
    end
  end
end

-- What a process knows of another history is not so in this one, though the numbers be the same.
local function take_report(line)
  local said = reports[line.target]
  if not said then
    return
  end
  line.is_busy = said.flag == 'busy'
  if past ~= current then
    return
  elseif said.flag == 'again' then
    line.count, line.number, line.era = 0, '0', ''
    return
  end
  if said.received > 0 then
    pass_received(line, mark_received(q, line, said.received, t))
  end
  if said.durable > 0 then
    drop_first(line, math.min(count_up_to(q, line, said.durable), line.count))
  end
  for number in string.gmatch(said.fences, '%d+') do
    pass_fence(q, call, number)
  end
end

local laid_aside = 0

-- What is kept for a target that nobody could find, or under a key that holds something else, is for nobody.
local function clear_line(line)
  local messages = redis.pcall('LRANGE', line.key, 0, 99)
  for _, message in ipairs(messages) do
    lay_aside(q, message)
  end
  if messages.err or #messages > 0 then
    laid_aside = laid_aside + math.max(#messages, 1)
  end
  redis.call('UNLINK', line.key)
  redis.call('HDEL', q.outbox, line.target)
end

local function read_lines()
  local lines, flat = {}, redis.call('HGETALL', q.outbox)
  for i = 1, #flat, 2 do
    local line = read_line(q, flat[i], flat[i + 1], current, t)
    if line.is_other or not (string.find(line.target, '.:{[^{}]*}:$') or string.find(line.target, '~:$')) then
      clear_line(line)
    else
      lines[#lines + 1] = line
    end
  end
  return lines
end

for _, line in ipairs(read_lines()) do
  take_report(line)
  if line.is_old then
    drop_first(line, line.count)
  end
  write_line(q, line, current)
  laid_aside = laid_aside + (line.laid_aside or 0)
end
write_outbox(q, call, t)

local reply, wait, is_left = { current, -1, redis.call('HGET', q.meta, 'sent') or '0', '', 0 }, -1, false
local is_kept = false
local budget = { weight = maxWeight, bytes = maxBytes }

local function give(line)
  local at = #reply
  local left = line.size - line.count
  outbox_line.target, outbox_line.number, outbox_line.era = line.target, line.number, line.era
  outbox_line.kept, outbox_line.left, outbox_line.newest, outbox_line.given_count = line.count, left, line.last, 0
  local said = reports[line.target]
  if left == 0 then
    is_kept = is_kept or line.size > 0
    return
  end
  is_left = true
  -- A deadline that is further off than any can be was set before the clock was put back.
  local leased = line.deadline > t and line.deadline <= t + lease and line.owner ~= holder
  if leased then
    wait = wait < 0 and line.deadline - t or math.min(wait, line.deadline - t)
  elseif not (said and said.flag == 'busy') and not (budget.used and budget.weight <= 0) then
    outbox_line.given_count = fill(q, reply, line, budget)
    outbox_line.left = line.size - line.count
    laid_aside = laid_aside + (line.laid_aside or 0)
    line.deadline, line.owner = t + lease, holder
    write_line(q, line, current)
  end
end

local lines = read_lines()
for i = 1, #lines do
  give(lines[(turn + i) % #lines + 1])
end
-- Also while something is kept: the process that knows of it may be gone, and another one has to look after it.
if is_left or is_kept then
  redis.call('HSET', q.meta, 'outbox', is_left and '1' or '0')
else
  redis.call('HDEL', q.meta, 'outbox')
end
local going = {}
for id in string.gmatch(asked, '[^,]+') do
  if redis.call('HEXISTS', q.fences, '#' .. id) == 1 then
    going[#going + 1] = id
  end
end
reply.late_in_ms, reply.going, reply.laid_aside = wait, table.concat(going, ','), laid_aside
return reply
