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

local function read_asked(spec, link)
  local is_linked = link == '' or string.find(link, '^.[^\t]+\t.')
  return is_linked and (spec == '' and { delay = 0 } or read_spec(spec))
end

-- Returns the parts of the message that begins there in a text, and whether they can be read.
local function read_message(text, from)
  local parts = split_message(text, from)
  local kind, count = parts[1], #parts
  if count < (LEAST_PARTS[kind] or math.huge) then
    return parts, false
  elseif kind == 'add' then
    parts.asked = read_asked(add.spec, add.link)
    return parts, parts.asked and whole(add.count) ~= nil
  elseif kind == 'adds' then
    parts.asked = read_asked(adds.spec, adds.link)
    return parts, parts.asked and count >= adds.jobs + 1 and (count - adds.jobs) % 2 == 1
  elseif kind == 'ends' then
    return parts, (count - ends.children) % 2 == 1
  end
  return parts, true
end

-- Reads the messages of an element. Those that cannot be read go to `unreadable`.
local function read_element(text, messages, unreadable)
  local from = 1
  repeat
    local at = string.find(text, ELEMENT.next_message, from, true)
    local own = (at or from > 1) and string.sub(text, from, (at or 0) - 1) or text
    local parts, is_readable = read_message(own, 1)
    if is_readable then
      messages[#messages + 1] = parts
    else
      unreadable[#unreadable + 1] = own
    end
    from = at and at + 1
  until not from
end

-- Of so many jobs that are to be added, where none is there, all bodies are written at once.
local MOST_BODIES = 1000

local function note_body(q, call, fresh, keys, bodies, id, asked, body)
  if not fresh[id] then
    fresh[id] = true
    local n, key = #keys, q.body .. id
    keys[n + 1] = key
    bodies[2 * n + 1] = key
    bodies[2 * n + 2] = (asked.timestamp or call.moves.stamp) .. '\n' .. body
  end
end

-- Returns by their ids the jobs whose bodies it has written.
local function write_bodies(q, call, messages)
  local fresh, keys, bodies = {}, {}, {}
  for _, parts in ipairs(messages) do
    if parts[1] == 'add' then
      note_body(q, call, fresh, keys, bodies, add.id, parts.asked, add.body)
    elseif parts[1] == 'adds' then
      for i = adds.jobs, #parts, 2 do
        note_body(q, call, fresh, keys, bodies, parts[i], parts.asked, parts[i + 1])
      end
    end
  end
  if #keys < 2 or #keys > MOST_BODIES or redis.call('EXISTS', unpack(keys)) > 0 then
    return {}
  end
  redis.call('MSET', unpack(bodies))
  return fresh
end

-- Whether the body of that job is there, and is its own: written by `write_bodies`, which it then forgets.
local function take_body(written, id)
  local is_written = written[id]
  written[id] = nil
  return is_written
end

local function apply_add(q, call, parts, written)
  local node = {
    id = add.id, asked = parts.asked, link = add.link, count = tonumber(add.count), body = add.body, has_body = take_body(written, add.id),
    refs = { unpack(parts, add.refs) },
  }
  if not node.has_body and redis.call('EXISTS', q.body .. node.id) == 1 then
    link_node(q, call, node)
  else
    store_node(q, call, node)
  end
end

local NO_REFS = {}

-- Records of new jobs, before anything reads them.
local function write_new_records(q, records)
  if records[1] then
    redis.call('MSET', unpack(records))
  end
  return {}
end

local function store_leaf(q, call, records, id, asked, body)
  local _, event, record = place_new(q, call.moves, id, asked, body)
  if record then
    records[#records + 1] = q.job .. id
    records[#records + 1] = record
  end
  emit(call.events, 'added', event)
end

-- Children of one parent that have none of their own and ask for the same.
local function apply_adds(q, call, parts, written)
  local asked, records = parts.asked, {}
  asked.parent = adds.link ~= '' and adds.link or nil
  for i = adds.jobs, #parts, 2 do
    local id, body = parts[i], parts[i + 1]
    if take_body(written, id) then
      apply_to(q, call, id, store_leaf, q, call, records, id, asked, body)
    else
      records = write_new_records(q, records)
      if redis.call('EXISTS', q.body .. id) == 1 then
        apply_to(q, call, id, link_node, q, call, { id = id, link = adds.link, count = 0, refs = NO_REFS })
      else
        apply_to(q, call, id, store_new, q, call, id, asked, body)
      end
    end
  end
  write_new_records(q, records)
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
  local written = write_bodies(q, call, messages)
  local ended = {}
  for _, parts in ipairs(messages) do
    local kind = parts[1]
    if kind == 'ends' then
      for i = ends.children, #parts, 2 do
        ended[#ended + 1] = { ends.parent, parts[i], ends.policy, parts[i + 1] }
      end
    elseif kind == 'settle' then
      ended[#ended + 1] = { settle.parent, settle.child, settle.policy, settle.outcome .. settle.payload }
    elseif kind == 'relink' then
      ended[#ended + 1] = { relink.parent, relink.child }
    elseif kind ~= 'fence' then
      settle_all(q, call, source, ended)
      ended = {}
      if kind == 'add' then
        apply_to(q, call, add.id, apply_add, q, call, parts, written)
      elseif kind == 'adds' then
        apply_adds(q, call, parts, written)
      else
        apply_to(q, call, refs.id, apply_refs, q, call, parts)
      end
    end
  end
  settle_all(q, call, source, ended)
end

-- Writes what has come of the messages of a call.
local function write_applied(q, call, paused)
  write_moves(q, call.moves)
  wake_for(q, call.moves, paused)
  settle_and_wake(q, call, call.moves.now, paused)
  write_outbox(q, call, call.moves.now)
end
