-- Messages to other queues, gathered in `call.outbox` and written with the change that they are about; see lua/README.md.
-- @kind message parts[] add id spec link count body refs*
-- @kind message parts[] adds spec link jobs*
-- @kind message parts[] refs id refs*
-- @kind message parts[] settle parent child policy outcome payload
-- @kind message parts[] ends parent policy children*
-- @kind message parts[] relink parent child
-- @kind message parts[] fence flow
-- Of a flow, before it is posted: a flag, 'w' where a level begins, its weight and its target. In an outbox.
-- @packed flow_message {flag:letter?} {weight:int} {target:[^\31]+} {*}
-- @form brought given[n] target after after_era number era weight text
-- @packed posted_message {number:int} {era:hexes} {weight:int} {*}
local ELEMENT = {
  -- Between the messages of one element.
  next_message = '\29',
  most_weight = 500,
  most_bytes = 131072,
  settle_weight = 5,
  -- Ends in one message.
  most_ends = 200,
  -- Bytes that a call brings along for its caller to deliver.
  most_brought = 1048576,
  -- What `outbox` has of a target: what read-outbox notes; number and era of the last element posted there.
  line = '^([^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*),(%d+),([%d%.%x]*)$',
  new_line = '0,0,,,0,0,',
}

local function posts_of(call)
  call.posted = (call.posted or 0) + 1
  local list = call.outbox
  if not list then
    list = {}
    call.outbox = list
  end
  return list
end

-- `weight`: about the writes that it takes there. `target`: what the keys of the other queue begin with.
local function post(call, weight, target, payload)
  local list = posts_of(call)
  list[#list + 1] = { target = target, weight = tonumber(weight), text = payload }
end

-- The end of a child; ends that follow each other are one message where they are for one parent.
local function post_end(call, target, parent, policy, child, outcome, payload)
  local list = posts_of(call)
  local last = list[#list]
  local ended = last and last.ended
  if not ended or last.parent ~= parent or last.target ~= target or last.policy ~= policy or #ended >= 2 * ELEMENT.most_ends then
    ended = {}
    last = { target = target, weight = ELEMENT.settle_weight, ended = ended, parent = parent, policy = policy, outcome = outcome, payload = payload }
    list[#list + 1] = last
  else
    last.weight = last.weight + 1
  end
  local n = #ended
  ended[n + 1] = child
  ended[n + 2] = outcome .. payload
end

local function text_of_post(entry)
  local ended = entry.ended
  if not ended then
    return entry.text
  elseif #ended == 2 then
    return settle.text(entry.parent, ended[1], entry.policy, entry.outcome, entry.payload)
  end
  return ends.text(entry.parent, entry.policy, table.concat(ended, message.separator))
end

-- Whether a text is what `post` makes: nobody could read the outbox beyond another one.
local function is_message(text)
  return string.find(text, flow_message.flag) ~= nil
end

-- Which past this server has: another one after a failover, and after a restart, both of which may lose the last writes.
-- Empty where the user of the connection may not ask.
local function history()
  local info = redis.pcall('INFO', 'replication')
  return type(info) == 'string' and string.match(info, 'master_replid:(%x%x%x%x%x%x%x%x)') or ''
end

-- Takes so many numbers; returns the one before them, and the era: what is numbered in one era rises, and numbers of two
-- have nothing to do with each other. A new one begins where the last numbers may have been lost, with the server or
-- with the queue, since they may be given again. Numbers are about the clock's microseconds, so they show an age.
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

-- What a call has for one target is one element, or more where that would be too much for one page. One with a fence ends with it.
local function elements_of(list)
  local elements, open = {}, {}
  for _, entry in ipairs(list) do
    local text, target = text_of_post(entry), entry.target
    local element = open[target]
    if not element or element.weight + entry.weight > ELEMENT.most_weight or element.bytes + #text > ELEMENT.most_bytes then
      element = { target = target, weight = 0, bytes = 0, texts = {} }
      open[target] = element
      elements[#elements + 1] = element
    end
    element.weight, element.bytes = element.weight + entry.weight, element.bytes + #text
    element.texts[#element.texts + 1] = text
    if entry.fence then
      element.fence = entry.fence
      open[target] = nil
    end
  end
  return elements
end

-- What is known of a target, and of what was last posted there: 0 where the line is empty.
local function open_line(q, target)
  local text = redis.call('HGET', q.outbox, target)
  if not text then
    return { known = ELEMENT.new_line, last = '0', era = '', texts = {}, is_first = true }
  end
  local known, last, era = string.match(text, ELEMENT.line)
  return { known = known or ELEMENT.new_line, last = last, era = era, texts = {}, is_first = last == '0' }
end

-- A list for each target, so that one that cannot be reached holds up no other. Returns the number of the last element,
-- nil when there is none. What an entry with a `fence` says is in `advance_flow`. `call.brought` then has all elements in the form
-- `brought`, for a caller that delivers them without a look at the outbox: each names the one that it follows.
local function write_outbox(q, call, now)
  local list = call.outbox
  if not list then
    return nil
  end
  local elements = elements_of(list)
  local number, era = take_numbers(q, #elements, now)
  local lines, fences, given, bytes = {}, {}, {}, 0
  for _, element in ipairs(elements) do
    number = number + 1
    local stamp, target = string.format('%.0f', number), element.target
    local line = lines[target]
    if not line then
      line = open_line(q, target)
      lines[target] = line
    end
    local said, weight = table.concat(element.texts, ELEMENT.next_message), string.format('%.0f', element.weight)
    line.texts[#line.texts + 1] = table.concat({ stamp, era, weight, said }, message.separator)
    bytes = line.last and bytes + #said or math.huge
    if bytes <= ELEMENT.most_brought then
      local n = #given
      brought.target, brought.after, brought.after_era = target, line.last, line.era
      brought.number, brought.era, brought.weight, brought.text = stamp, era, weight, said
    end
    line.last, line.era = stamp, era
    if element.fence then
      fences[#fences + 1] = stamp
      fences[#fences + 1] = element.fence
    end
  end
  call.brought = bytes <= ELEMENT.most_brought and given or nil
  for target, line in pairs(lines) do
    send('RPUSH', q.posted .. target, line.texts)
    -- Somebody has changed or deleted what was known of the line: what is ahead would be taken for received already.
    if line.is_first and redis.call('LLEN', q.posted .. target) ~= #line.texts then
      call.brought = nil
    end
    redis.call('HSET', q.outbox, target, line.known .. ',' .. line.last .. ',' .. line.era)
  end
  send('HSET', q.fences, fences)
  redis.call('HSET', q.meta, 'outbox', '1')
  return number
end
