--- Groups in which jobs wait, and those that are paused, as they are at one moment: those in the ring by their turns first.
-- @key meta
-- @derives groups
-- @arg status text      waiting, limited, maxed or paused; '' for all, in this order
-- @arg start position   negative from the end
-- @arg stop position    negative from the end
-- @form listed_group reply[n] status id
-- @returns groups:listed_group*
-- @reply a status and an id for each, 5000 groups at most
-- @cost O(log N + K) for K groups
-- @use page

local GROUP_LIST_CAP = 5000
local statuses = status == '' and { 'waiting', 'limited', 'maxed', 'paused' } or { status }
local sizes, total = {}, 0
for i, name in ipairs(statuses) do
  sizes[i] = redis.call('ZCARD', q.groups .. name)
  total = total + sizes[i]
end
local from, to = page_bounds(total, start, stop, GROUP_LIST_CAP)
local reply = {}
if not from then
  return reply
end
local before = 0
for i, name in ipairs(statuses) do
  local first, last = math.max(from - before, 0), math.min(to - before, sizes[i] - 1)
  for _, id in ipairs(first <= last and redis.call('ZRANGE', q.groups .. name, first, last) or {}) do
    local n = #reply
    listed_group.status, listed_group.id = name, id
  end
  before = before + sizes[i]
end
return reply
