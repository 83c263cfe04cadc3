-- Messages to other queues, gathered in `call.outbox` and written with the change that they are about; see lua/README.md.
-- @kind message parts[] add id spec link count body refs*
-- @kind message parts[] refs id refs*
-- @kind message parts[] settle parent child policy outcome payload
-- @kind message parts[] relink parent child
-- @kind message parts[] fence flow
-- Of a flow, before it is posted: a flag, 'w' where a level begins, its weight and its target. In an outbox.
-- @packed flow_message {flag:letter?} {weight:int} {target:[^\31]+} {*}
-- @packed posted_message {number:int} {era:hexes} {weight:int} {*}
local SEPARATOR = message.separator

-- `weight`: about the writes that it takes there. `target`: what the keys of the other queue begin with.
local function post(call, weight, target, payload)
  local list = call.outbox
  if not list then
    list = {}
    call.outbox = list
  end
  list[#list + 1] = { target = target, text = weight .. SEPARATOR .. payload }
end

-- Whether a text is what `post` makes: nobody could read the outbox beyond another one.
local MESSAGE = flow_message.flag

local function is_message(text)
  return string.find(text, MESSAGE) ~= nil
end

-- Which past this server has: another one after a failover, and after a restart, both of which may lose the last writes.
-- Empty where the user of the connection may not ask.
local function history()
  local info = redis.pcall('INFO', 'replication')
  return type(info) == 'string' and string.match(info, 'master_replid:(%x%x%x%x%x%x%x%x)') or ''
end

-- Takes so many numbers; returns the one before them, and the era: what is numbered in one era rises, and numbers of two
-- have nothing to do with each other. A new one begins where the last numbers may have been lost, with the server or
-- with the queue, since they may be given again. Numbers are about the clock's microseconds, so they tell an age.
local function take_numbers(q, count, now)
  local known = redis.call('HMGET', q.meta, 'sent', 'era')
  local past, era = history(), known[2]
  if not known[1] or not era or string.match(era, '%.(%x*)$') ~= past then
    era = string.format('%.0f', now) .. '.' .. past
  end
  local before = math.max(whole(known[1] or 0) or 0, now * 1000)
  redis.call('HSET', q.meta, 'sent', string.format('%.0f', before + count), 'era', era)
  return before, era
end

-- A list for each target, so that one that cannot be reached holds up no other. Returns the number of the last message,
-- nil when there is none. What an entry with a `fence` says is in `advance_flow`.
local function write_outbox(q, call, now)
  local list = call.outbox
  if not list then
    return nil
  end
  local number, era = take_numbers(q, #list, now)
  local by_target, fences = {}, {}
  for _, entry in ipairs(list) do
    number = number + 1
    local stamp = string.format('%.0f', number)
    local texts = by_target[entry.target]
    if not texts then
      texts = {}
      by_target[entry.target] = texts
    end
    texts[#texts + 1] = stamp .. SEPARATOR .. era .. SEPARATOR .. entry.text
    if entry.fence then
      fences[#fences + 1] = stamp
      fences[#fences + 1] = entry.fence
    end
  end
  for target, texts in pairs(by_target) do
    send('RPUSH', q.posted .. target, texts)
    redis.call('HSETNX', q.outbox, target, '')
  end
  send('HSET', q.fences, fences)
  redis.call('HSET', q.meta, 'outbox', '1')
  return number
end
