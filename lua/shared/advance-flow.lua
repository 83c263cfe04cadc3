-- A flow's jobs are added level by level, so that no child ends before its parent is there. Levels to come are kept in
-- `staged:<id>`. Behind what is posted of a flow, each target gets a fence; when all fences have been passed, the next
-- part is posted. `fences` has each fence under its number with the flow's id, and under '#' and the id how many are left.
local FLOW_SLICE = 200
local FLOW_WEIGHT = 1000

-- @with message flow_message
-- What has become of a flow that begins: all of it is here, or messages bring it.
-- @sign begun posted=+ here=.
local FLOW_MESSAGE = flow_message.head

local function post_part(q, call, texts)
  local targets, named, weight, taken = {}, {}, 0, 0
  for i, text in ipairs(texts) do
    local flag, own, target, from = string.match(text, FLOW_MESSAGE)
    if flag then
      weight = weight + own
      if i > 1 and (flag == 'w' or weight > FLOW_WEIGHT) then
        break
      end
      post(call, own, target, string.sub(text, from))
      if not named[target] then
        named[target] = true
        targets[#targets + 1] = target
      end
    else
      lay_aside(q, text)
    end
    taken = i
  end
  return targets, taken
end

-- Posts the next part of a flow. Passing its fences takes as long as posting what follows.
local function advance_flow(q, call, id)
  local texts = redis.pcall('LRANGE', q.staged .. id, 0, FLOW_SLICE - 1)
  if #texts == 0 then
    return
  end
  local targets, taken = post_part(q, call, texts)
  redis.call('LTRIM', q.staged .. id, taken, -1)
  local heavy = redis.call('EXISTS', q.staged .. id) * FLOW_SLICE
  for _, target in ipairs(targets) do
    post(call, heavy, target, fence.text(id))
    call.outbox[#call.outbox].fence = id
  end
  redis.call('HSET', q.fences, '#' .. id, #targets)
end

-- What was posted ahead of a fence has been received. One that was passed before says nothing.
local function pass_fence(q, call, number)
  local id = redis.call('HGET', q.fences, number)
  if not id then
    return
  end
  redis.call('HDEL', q.fences, number)
  local left = redis.pcall('HINCRBY', q.fences, '#' .. id, -1)
  if type(left) == 'table' or left <= 0 then
    redis.call('HDEL', q.fences, '#' .. id)
    advance_flow(q, call, id)
  end
end
