--- Takes messages that a queue has sent to this one: new jobs of flows, ends of children.
-- A message whose number is not above the last one from that queue has been taken before and is skipped, so that a
-- delivery may be repeated by anybody at any time.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox inbox
-- @derives job body children
-- @arg now int          0 for Redis' clock
-- @arg source text      what the keys of the sending queue begin with
-- @rest two per message: number, message
-- @reply for how many ms somebody has taken on to deliver this queue's own outbox, -1 when it is empty
-- @cost O(K log N) for K writes that the messages take, bounded by the page that read-outbox gives
-- @use server-time send events moves wake state-of let-through take-delayed read-spec place-new post
-- @use undelivered tell-parent children settle-child store-node link-node

local RECEIVE_CAP = 1000
if #ARGV - rest + 1 > 2 * RECEIVE_CAP then
  return redis.error_reply('ERR too many messages in one call')
end

local function split(text)
  local parts, from = {}, 1
  local at = string.find(text, SEPARATOR, 1, true)
  while at do
    parts[#parts + 1] = string.sub(text, from, at - 1)
    from = at + 1
    at = string.find(text, SEPARATOR, from, true)
  end
  parts[#parts + 1] = string.sub(text, from)
  return parts
end

local call = { moves = new_moves(server_time(now)), events = new_events() }

local apply = {
  add = function(parts)
    local node = {
      id = parts[2], asked = parts.asked, link = parts[4], count = tonumber(parts[5]), body = parts[6],
      refs = { unpack(parts, 7) },
    }
    if redis.call('EXISTS', q.body .. node.id) == 1 then
      link_node(q, call, node)
    else
      store_node(q, call, node)
    end
  end,
  -- More children of a job that has counted them already.
  refs = function(parts)
    local known = note_children(q, parts[2], take_promised(q, parts[2], { unpack(parts, 3) }))
    if known > 0 then
      count_off(q, call, parts[2], known)
    end
  end,
  settle = function(parts)
    settle_child(q, call, parts[2], source, parts[3], parts[4], parts[5], parts[6])
  end,
  relink = function(parts)
    relink_child(q, parts[2], source, parts[3])
  end,
}

local LEAST_PARTS = { add = 6, refs = 2, settle = 6, relink = 3 }

-- Answers the parts of a message, and whether they can be read.
local function read_message(text)
  local parts = split(text)
  if #parts < (LEAST_PARTS[parts[1]] or math.huge) then
    return parts, false
  elseif parts[1] == 'add' then
    parts.asked = parts[3] == '' and { delay = 0 } or read_spec(parts[3])
    local is_linked = parts[4] == '' or string.find(parts[4], '^.[^\t]+\t.')
    return parts, is_linked and parts.asked and whole(parts[5]) ~= nil
  end
  return parts, true
end

local last = tonumber(redis.call('HGET', q.inbox, source) or 0)
local messages = {}
for at = rest, #ARGV, 2 do
  local number = whole(ARGV[at])
  if not number or not ARGV[at + 1] then
    return redis.error_reply('ERR a message lacks its number or text')
  elseif number > last then
    last = number
    local message, is_readable = read_message(ARGV[at + 1])
    if not is_readable then
      return redis.error_reply('ERR unknown message ' .. message[1])
    end
    messages[#messages + 1] = message
  end
end

local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'outbox')
if #messages > 0 then
  let_through(q)
  for _, parts in ipairs(messages) do
    apply[parts[1]](parts)
  end
  redis.call('HSET', q.inbox, source, string.format('%.0f', last))
  -- A queue that was obliterated leaves it to expire.
  redis.call('PERSIST', q.inbox)
  write_moves(q, call.moves)
  wake_for(q, call.moves, meta[1])
  write_outbox(q, call, call.moves.now)
  publish(q.events, call.events, meta[2])
end
return undelivered(meta[3], call.outbox, call.moves.now)
