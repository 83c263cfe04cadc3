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

-- The first number of so many. A queue that has sent nothing yet may have lived before, and receivers skip the numbers
-- that they know: so the count begins with the clock's microseconds, which are ahead of any count.
local function first_number(q, count, now)
  local last = redis.call('HINCRBY', q.meta, 'sent', count)
  if last == count then
    last = now * 1000 + count
    redis.call('HSET', q.meta, 'sent', string.format('%.0f', last))
  end
  return last - count + 1
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
  local before = first_number(q, count, now) - 1
  local numbered, number = {}, before
  for i, message in ipairs(list) do
    number = number + (spans and spans[i] or 1)
    numbered[i] = string.format('%.0f', number) .. SEPARATOR .. message
  end
  send('RPUSH', q.outbox, numbered)
  redis.call('HSETNX', q.meta, 'outbox', '0:')
  return before
end
