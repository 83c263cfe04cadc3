-- Messages to other queues, gathered in `call.outbox`. What is written to the outbox with a change is delivered by
-- somebody, whoever dies; see lua/README.md. Neither separator occurs in user data: JSON escapes control characters, and
-- names and ids have none.
local SEPARATOR = '\31'

-- `flag` is 'w' for a message that waits until all before it have been received, `weight` about the writes that it takes
-- there, `target` what the keys of the other queue begin with.
local function post(call, flag, weight, target, payload)
  local list = call.outbox
  if not list then
    list = {}
    call.outbox = list
  end
  list[#list + 1] = table.concat({ flag, weight, target, payload }, SEPARATOR)
end

-- Whether a text is what `post` makes: nobody could read the outbox beyond another one.
local MESSAGE = '^%a?' .. SEPARATOR .. '%d+' .. SEPARATOR .. '[^' .. SEPARATOR .. ']'

local function is_message(text)
  return string.find(text, MESSAGE) ~= nil
end

-- Takes so many numbers; answers the one before them. Receivers skip numbers that they know, so a number is never below
-- the clock's microseconds: they rise also when the queue was obliterated, or a replica that missed the last ones took over.
local function take_numbers(q, count, now)
  local before = math.max(tonumber(redis.call('HGET', q.meta, 'sent') or 0), now * 1000)
  redis.call('HSET', q.meta, 'sent', string.format('%.0f', before + count))
  return before
end

-- Answers the number before that of the first message, nil when there is none. `spans`: how many messages the one at a
-- place stands for, where it is more than itself.
local function write_outbox(q, call, now, spans)
  local list = call.outbox
  if not list then
    return nil
  end
  local count = 0
  for i = 1, #list do
    count = count + (spans and spans[i] or 1)
  end
  local before = take_numbers(q, count, now)
  local numbered, number = {}, before
  for i, message in ipairs(list) do
    number = number + (spans and spans[i] or 1)
    numbered[i] = string.format('%.0f', number) .. SEPARATOR .. message
  end
  send('RPUSH', q.outbox, numbered)
  redis.call('HSETNX', q.meta, 'outbox', '0:')
  return before
end
