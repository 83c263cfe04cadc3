-- Stores a job of a flow. `node`: id, what it asks for, link to its parent ('' for none), count of its children, refs of the first
-- of them, body, and whether that is stored already.
local function store_node(q, call, node)
  local id = node.id
  local asked = node.asked
  asked.parent = node.link ~= '' and node.link or nil
  if node.count == 0 then
    store_new(q, call, id, asked, node.body, node.has_body)
    return
  end
  if not node.has_body then
    redis.call('SET', q.body .. id, (asked.timestamp or call.moves.stamp) .. '\n' .. node.body)
  end
  local fields = { 'state', 'waiting-children', 'pending', node.count }
  for name, value in pairs({
    parent = asked.parent, limits = asked.limits, priority = asked.priority, delay = asked.delay > 0 and asked.delay or nil,
    promised = node.count > #node.refs and node.count - #node.refs or nil,
  }) do
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  -- What a job of that id has left, whose body has vanished.
  redis.call('DEL', q.job .. id)
  redis.call('HSET', q.job .. id, unpack(fields))
  if asked.limits then
    asked.await(q, call.moves, asked.limits)
  end
  note_new(q, id, node.refs)
  -- At once: another message of this call may release it.
  redis.call('ZADD', q['waiting-children'], count_up(q.meta, 'seq', 1), id)
  local name = string.match(node.body, '^[^\n]*')
  emit(call.events, 'added', id .. '\t' .. name .. '\t\twaiting-children')
end
