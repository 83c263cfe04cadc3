--- Takes from the outbox what has been delivered, and gives what is to be delivered next to one process at a time.
-- What a large flow has staged is given in its place, as if its messages were there. Takes back what was staged and never
-- gone on with.
-- @key meta outbox staging
-- @derives staged
-- @arg now int          0 for Redis' clock
-- @arg holder text      names the process
-- @arg lease int        milliseconds for which no other process is to deliver
-- @arg done int         number up to which messages have been delivered, 0 for none
-- @arg maxWeight int    writes that a page may take about, where it is received
-- @arg maxBytes int     size of a page about
-- @reply empty and the number up to which all has been delivered; busy, the number up to which all has, and the
--        milliseconds for which another process delivers; or ok, the number up to which all has been, and three per
--        message: number, flag, target and message as one text
-- @cost O(K) for K messages, 1000 at most
-- @use server-time post

local PAGE_CAP = 1000
local SLICE = 20
local t = server_time(now)
local HEAD = '^(%d+)' .. SEPARATOR .. '(%a?)' .. SEPARATOR .. '(%d+)' .. SEPARATOR .. '(.*)$'

local function read_head()
  local head = redis.call('LINDEX', q.outbox, 0)
  if not head then
    return nil
  end
  local number, flag, weight, text = string.match(head, HEAD)
  return tonumber(number), flag, text
end

-- A pointer to staged messages has the number of the last of them; they are taken from the front.
local function drop_staged(last, id)
  local left = redis.call('LLEN', q.staged .. id)
  local dropped = done - (last - left)
  if dropped > 0 then
    redis.call('LTRIM', q.staged .. id, math.min(dropped, left), -1)
  end
  if dropped >= left then
    redis.call('LPOP', q.outbox)
  end
end

local function drop_delivered()
  local number, flag, text = read_head()
  while number and number <= done and flag ~= 's' do
    redis.call('LPOP', q.outbox)
    number, flag, text = read_head()
  end
  if flag == 's' then
    drop_staged(number, text)
  end
end

-- Adds messages to the page until it is full; `number` is that of the first where they have none of their own.
local function fill(page, key, number)
  local from, weight, bytes = 0, 0, 0
  while from < PAGE_CAP do
    local slice = redis.call('LRANGE', key, from, from + SLICE - 1)
    for i, message in ipairs(slice) do
      local text = number and string.format('%.0f', number + from + i - 1) .. SEPARATOR .. message or message
      local own, flag, heavy, rest_of = string.match(text, HEAD)
      weight = weight + tonumber(heavy)
      bytes = bytes + #text
      local is_full = #page > 2 and (weight > maxWeight or bytes > maxBytes)
      if flag == 's' or is_full then
        return
      end
      page[#page + 1] = own
      page[#page + 1] = flag
      page[#page + 1] = rest_of
    end
    if #slice < SLICE then
      return
    end
    from = from + SLICE
  end
end

local overdue = redis.call('ZRANGEBYSCORE', q.staging, '-inf', t, 'LIMIT', 0, SLICE)
for _, id in ipairs(overdue) do
  redis.call('UNLINK', q.staged .. id)
  redis.call('ZREM', q.staging, id)
end
if done > 0 then
  drop_delivered()
end
local first, flag, text = read_head()
while flag == 's' and redis.call('EXISTS', q.staged .. text) == 0 do
  -- Somebody has deleted it by hand.
  redis.call('LPOP', q.outbox)
  first, flag, text = read_head()
end
if not first then
  redis.call('HDEL', q.meta, 'outbox')
  return { 'empty', redis.call('HGET', q.meta, 'sent') or '0' }
end
local staged = flag == 's' and redis.call('LLEN', q.staged .. text)
local before = string.format('%.0f', staged and first - staged or first - 1)
local deadline, current = string.match(redis.call('HGET', q.meta, 'outbox') or '0:', '^(%d+):(.*)$')
if current ~= holder and tonumber(deadline) > t then
  return { 'busy', before, tonumber(deadline) - t }
end
redis.call('HSET', q.meta, 'outbox', string.format('%.0f', t + lease) .. ':' .. holder)
local page = { 'ok', before }
if staged then
  fill(page, q.staged .. text, first - staged + 1)
else
  fill(page, q.outbox, nil)
end
return page
