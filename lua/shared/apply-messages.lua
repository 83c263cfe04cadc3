-- @with message
-- Messages in the queue that they are for: those that other queues have sent, and those of flows that have all their jobs here.
local LEAST_PARTS = message.sizes

-- The first five parts. What is left is found without a look at each character, for it may be long.
local FIVE_PARTS = '^([^\31]*)\31([^\31]*)\31([^\31]*)\31([^\31]*)\31([^\31]*)\31()'

local function split_message(text, from)
  local parts = { string.match(text, FIVE_PARTS, from) }
  if parts[6] then
    from = table.remove(parts)
  end
  local at = string.find(text, message.separator, from, true)
  while at do
    parts[#parts + 1] = string.sub(text, from, at - 1)
    from = at + 1
    at = string.find(text, message.separator, from, true)
  end
  parts[#parts + 1] = string.sub(text, from)
  return parts
end

-- Returns the parts of the message that begins there in a text, and whether they can be read.
local function read_message(text, from)
  local parts = split_message(text, from)
  if #parts < (LEAST_PARTS[parts[1]] or math.huge) then
    return parts, false
  elseif parts[1] == 'add' then
    parts.asked = add.spec == '' and { delay = 0 } or read_spec(add.spec)
    local is_linked = add.link == '' or string.find(add.link, '^.[^\t]+\t.')
    return parts, is_linked and parts.asked and whole(add.count) ~= nil
  end
  return parts, true
end

-- Of so many jobs that are to be added, where none is there, all bodies are written at once.
local MOST_BODIES = 1000

local function write_bodies(q, call, messages)
  local fresh, keys, bodies = {}, {}, {}
  for _, parts in ipairs(messages) do
    if parts[1] == 'add' and not fresh[add.id] then
      fresh[add.id] = parts
      local key = q.body .. add.id
      keys[#keys + 1] = key
      bodies[#bodies + 1] = key
      bodies[#bodies + 1] = (parts.asked.timestamp or call.moves.stamp) .. '\n' .. add.body
    end
  end
  if #keys < 2 or #keys > MOST_BODIES or redis.call('EXISTS', unpack(keys)) > 0 then
    return
  end
  redis.call('MSET', unpack(bodies))
  for _, parts in next, fresh do
    parts.has_body = true
  end
end

local function apply_add(q, call, parts)
  local node = {
    id = add.id, asked = parts.asked, link = add.link, count = tonumber(add.count), body = add.body, has_body = parts.has_body,
    refs = { unpack(parts, add.refs) },
  }
  if not node.has_body and redis.call('EXISTS', q.body .. node.id) == 1 then
    link_node(q, call, node)
  else
    store_node(q, call, node)
  end
end

-- More children of a job that has counted them already.
local function apply_refs(q, call, parts)
  local known = note_children(q, refs.id, take_promised(q, refs.id, { unpack(parts, refs.refs) }))
  if known > 0 then
    count_off(q, call, refs.id, known)
  end
end

-- `source`: what the keys of the queue begin with that says so. A fence says to its sender alone that all ahead of it is here.
local function apply_messages(q, call, source, messages)
  write_bodies(q, call, messages)
  local ends = {}
  for _, parts in ipairs(messages) do
    local kind = parts[1]
    if kind == 'settle' or kind == 'relink' then
      ends[#ends + 1] = { unpack(parts, 2) }
    elseif kind ~= 'fence' then
      settle_all(q, call, source, ends)
      ends = {}
      -- Each kind names a job of this queue first.
      apply_to(q, call, add.id, kind == 'add' and apply_add or apply_refs, q, call, parts)
    end
  end
  settle_all(q, call, source, ends)
end

-- Writes what has come of the messages of a call.
local function write_applied(q, call, paused)
  write_moves(q, call.moves)
  wake_for(q, call.moves, paused)
  settle_and_wake(q, call, call.moves.now, paused)
  write_outbox(q, call, call.moves.now)
end
