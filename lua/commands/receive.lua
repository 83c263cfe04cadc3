--- Takes messages that a queue has sent to this one: new jobs of flows, ends of children.
-- A message whose number is not above the last one from that queue in the same era has been taken before and is skipped,
-- so that a delivery may be repeated by anybody at any time. Messages that follow one that is not here are left alone: that
-- one was lost with a server that was failed over, and comes again first.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences inbox
-- @key unreadable limits
-- @derives job body children posted limit groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg source text      what the keys of the sending queue begin with
-- @arg base text        what those of this one begin with
-- @arg after text       number of the message that the first one follows, 0 where none is known
-- @arg afterEra text    its era
-- @each sent number era text
-- @returns look_in_ms:int number era earlier earlier_era laid_aside:int?
-- @reply in how many ms to look at this queue's own outbox, -1 when all in it has been received; number and era of the
--        last message taken, and number and era of the last one of the era before; how many messages were laid aside, if any
-- @cost O(K log N) for K writes that the messages take, bounded by the page that read-outbox gives
-- @use extras server-time job-record write-record send count-up events moves wake state-of allow-when-full take-delayed time-left limits
-- @use change-limits
-- @use read-spec place-new post lay-aside undelivered notify-parent unreadable children settle-child fail-next
-- @use settle-here store-node link-node apply-messages
-- @grouped group-records groups group-moves

local RECEIVE_CAP = 1000
if #ARGV - rest + 1 > sent.size * RECEIVE_CAP then
  return redis.error_reply('ERR too many messages in one call')
end

local call = { moves = new_moves(server_time(now)), events = new_events() }

-- Eras of the sender's end with its server or itself. What it still has of the last one comes before all of the new one;
-- numbers of different eras are never compared.
local last = { '0', '', '0', '' }
local stored = redis.call('HGET', q.inbox, source)
if stored then
  local number, era, before, era_before = string.match(stored, '^(%d+) (%S*) (%d+) (%S*)$')
  if number then
    last = { number, era, before, era_before }
  end
end

-- Whether the message is new. Notes that it was taken.
local function take(number, era)
  local at = era == last[2] and 1 or era == last[4] and 3
  if not at then
    last = { number, era, last[1], last[2] }
    return true
  elseif tonumber(number) > tonumber(last[at]) then
    last[at] = number
    return true
  end
  return false
end

-- Whether what the messages follow is here.
local function continues()
  local at = afterEra == last[2] and 1 or afterEra == last[4] and 3
  return after == '0' or (at and tonumber(last[at]) >= tonumber(after))
end

local messages, unreadable = {}, {}
for at = continues() and rest or #ARGV + 1, #ARGV, sent.size do
  if not whole(sent.number) or not sent.text or not string.find(sent.era, '^[%x%.]*$') then
    return redis.error_reply('ERR a message lacks its number, era or text')
  elseif take(sent.number, sent.era) then
    read_element(sent.text, messages, unreadable)
  end
end

local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'outbox')
if #messages + #unreadable > 0 then
  allow_when_full(q)
  redis.call('HSETNX', q.meta, 'base', base)
  apply_messages(q, call, source, messages)
  for _, text in ipairs(unreadable) do
    lay_aside(q, text)
  end
  redis.call('HSET', q.inbox, source, table.concat(last, ' '))
  -- A queue that was obliterated leaves it to expire.
  redis.call('PERSIST', q.inbox)
  write_applied(q, call, meta[1])
  publish(q.events, call.events, meta[2])
end
local reply = { undelivered(meta[3], call.outbox), unpack(last) }
if #unreadable > 0 then
  reply.laid_aside = #unreadable
end
return reply
