--- Makes flows begin: stores a root that waits for its children, or notes children of a job that is there, and brings the rest of
-- the tree. What is all of this queue is here at once; messages bring what is not, or is too much for one call. All of a flow, or nothing.
-- Children that are there already bring nothing anew: whoever repeats an add need not know what came of the first.
-- @key meta waiting prioritized delayed active completed failed waiting-children events wake outbox fences staging
-- @key limits unreadable
-- @derives job body children writer staged posted limit groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg base text        what the keys of this queue begin with, as messages name it
-- @with begun flow_message
-- @entry root id spec body pending staged total refs... messages:2...
-- @entry attach id token pending staged total refs... messages:2...
-- The job that waits (token '' for any), how many children are pending by it, id of what was staged ('' for nothing) and how many
-- messages that is, refs of the children, and messages: place of the child whose tree it belongs to, text (see `advance-flow`).
-- @returns flows posted:list
-- @reply a line per flow: '+', an id to ask by where it has more than one level, or '.' where all of it is here, then a tab and the
--        places of children that were there, with commas; '=' for a root that is there; missing, stale, not-active; gone when what was
--        staged was taken back; then what the call has posted, in the form `brought`
-- @cost O(K) for K children and messages, 2000 at most
-- @use extras server-time job-record write-record send once count-up events moves wake state-of take-delayed check-lock time-left limits
-- @use change-limits read-spec place-new post lay-aside advance-flow
-- @rare notify-parent unreadable children settle-child fail-next settle-here store-node link-node apply-messages
-- @grouped group-records groups group-moves

local FLOW_CAP = 2000
-- How much of flows is brought at once in one call: about the calls of Redis that it takes, as many as for a page of an outbox.
local HERE_WEIGHT = 1500
if #ARGV - rest + 1 > 8 * FLOW_CAP then
  return redis.error_reply('ERR too many parts in one call')
end

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return { known, {} }
end

local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'base')
local call = { moves = new_moves(server_time(now)), events = new_events(), base = meta[3] }
local at = rest

local function take()
  at = at + 1
  return ARGV[at - 1]
end

-- How many of something follow, in so many parts each; nil when there are less.
local function take_count(parts)
  local count = whole(take())
  return count and at + count * parts <= #ARGV + 1 and count or nil
end

local PARTS = { root = root.names, attach = attach.names }
local room = HERE_WEIGHT

-- Reads the messages of a flow, and, where all are for this queue and not too many, what they say. Returns whether it could.
local function read_messages(flow, count)
  local weight, is_here, starts = 0, flow.staged == '' and count > 0, {}
  for i = 1, count do
    local top, text = whole(take()), take()
    local _, own, target, from = string.match(text, FLOW_MESSAGE)
    if not own then
      return false
    end
    weight, is_here = weight + own, is_here and target == base
    flow.messages[i], starts[i] = { top = top, text = text }, from
  end
  flow.is_here = is_here and weight <= room
  if flow.is_here then
    room = room - weight
    for i, message in ipairs(flow.messages) do
      local is_readable
      message.parts, is_readable = rare().read_message(message.text, starts[i])
      if not is_readable then
        return false
      end
    end
  end
  return true
end

-- Returns nil for one that cannot be read.
local function read_flow()
  local flow = { kind = take(), refs = {}, messages = {} }
  for _, name in ipairs(PARTS[flow.kind] or {}) do
    flow[name] = take()
  end
  flow.pending, flow.total = whole(flow.pending), whole(flow.total)
  local refs = take_count(1)
  for i = 1, refs or 0 do
    flow.refs[i] = take()
  end
  local messages = refs and take_count(2)
  if not messages or not read_messages(flow, messages) then
    return nil
  end
  if flow.kind == 'root' then
    flow.asked = flow.spec == '' and { delay = 0 } or read_spec(flow.spec or '')
  end
  local is_known = (flow.kind == 'root' and flow.asked) or flow.kind == 'attach'
  return flow.pending and flow.total and is_known and flow or nil
end

-- All of them before the first is written.
local function read_flows()
  local flows = {}
  while at <= #ARGV do
    local flow = read_flow()
    if not flow then
      return nil
    end
    flows[#flows + 1] = flow
  end
  return flows
end

-- Why a flow cannot begin, nil when it can.
local function refuse(flow)
  local exists = redis.call('EXISTS', q.body .. flow.id) == 1
  if flow.kind == 'root' and exists then
    return '='
  elseif flow.kind == 'attach' and not exists then
    return 'missing'
  elseif flow.kind == 'attach' and flow.token ~= '' then
    local refused = check_lock(q, flow.id, job_fields(q, flow.id, 'state', 'token'), flow.token)
    if refused then
      return refused
    end
  end
  if flow.kind == 'attach' then
    local counts = try_fields(q, flow.id, 'pending', 'promised')
    local known = redis.pcall('HLEN', q.children .. flow.id)
    if counts.err or type(known) == 'table' or not whole(counts[1] or 0) or not whole(counts[2] or 0) then
      return 'unreadable'
    end
  end
  local is_whole = flow.staged == ''
    or (redis.call('ZSCORE', q.staging, flow.staged) and redis.call('LLEN', q.staged .. flow.staged) == flow.total)
  return not is_whole and 'gone' or nil
end

-- Returns the id of what is to be posted part by part, '' where all of it was posted.
local function post_messages(flow, is_known, place)
  local texts, waits, is_deep = {}, false, false
  for _, message in ipairs(flow.messages) do
    local first = string.sub(message.text, 1, 1)
    waits = waits or first == 'w'
    if not is_known[message.top] then
      -- What a message that is left out would have waited for, the next one waits for.
      texts[#texts + 1] = (waits and first ~= 'w' and 'w' or '') .. message.text
      is_deep = is_deep or waits and #texts > 1
      waits = false
    end
  end
  if is_deep then
    local id = table.concat({ writer, seq, place }, '.')
    send('RPUSH', q.staged .. id, texts)
    advance_flow(q, call, id)
    return id
  end
  for _, text in ipairs(texts) do
    local _, weight, target, from = string.match(text, FLOW_MESSAGE)
    post(call, weight, target, string.sub(text, from))
  end
  return ''
end

-- Brings all of a flow at once. Returns whether it left nothing for the outbox: a child that is there and has ended may be one of a
-- queue that was named otherwise before.
local function bring(flow, is_known)
  local fresh = {}
  for _, message in ipairs(flow.messages) do
    if not is_known[message.top] then
      fresh[#fresh + 1] = message.parts
    end
  end
  if #fresh > 0 and not call.base then
    redis.call('HSET', q.meta, 'base', base)
    call.base = base
  end
  local posted = call.posted
  rare().apply_messages(q, call, base, fresh)
  return posted == call.posted
end

local function begin(flow, place)
  local refused = refuse(flow)
  if refused then
    if refused == '=' then
      emit(call.events, 'duplicated', flow.id)
    end
    return refused
  end
  local is_known, places, fresh = {}, {}, {}
  local known = flow.kind == 'attach' and rare().known_children(q, flow.id, flow.refs)
  for i, ref in ipairs(flow.refs) do
    if known and known[i] then
      is_known[i] = true
      places[#places + 1] = i
    else
      fresh[#fresh + 1] = ref
    end
  end
  if flow.kind == 'root' then
    rare().store_node(q, call, { id = flow.id, asked = flow.asked, body = flow.body, link = '', count = flow.pending, refs = fresh })
  elseif flow.pending > #places then
    rare().expect_children(q, flow.id, flow.pending - #places, fresh)
  end
  if flow.staged ~= '' then
    redis.call('ZREM', q.staging, flow.staged)
    advance_flow(q, call, flow.staged)
    return begun.posted .. flow.staged .. '\t' .. table.concat(places, ',')
  elseif flow.is_here and bring(flow, is_known) then
    return begun.here .. '\t' .. table.concat(places, ',')
  end
  local id = flow.is_here and '' or post_messages(flow, is_known, place)
  return begun.posted .. id .. '\t' .. table.concat(places, ',')
end

local flows = read_flows()
if not flows then
  return redis.error_reply('ERR a flow cannot be read')
end
local lines = {}
for i, flow in ipairs(flows) do
  lines[i] = begin(flow, i)
end
rare().write_applied(q, call, meta[1])
publish(q.events, call.events, meta[2])
local reply = table.concat(lines, '\n')
remember(session, seq, reply)
return { reply, call.brought or {} }
