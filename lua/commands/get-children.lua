--- Some children of a job, with what they brought, in no particular order.
-- @key meta
-- @derives children
-- @arg id text
-- @arg cursor text      '0' at first
-- @arg letters text     those to give: p pending, c completed, i failed and ignored, f failed and counted
-- @arg values int       1 to give what they brought
-- @reply the cursor to go on from, '0' at the end, then two per child: its ref, its letter and what it brought. A child
--        may come twice.
-- @cost O(K) for some hundred children

local found = redis.call('HSCAN', q.children .. id, cursor, 'COUNT', 500)
local reply = { found[1] }
for i = 1, #found[2], 2 do
  local value = found[2][i + 1]
  local letter = string.sub(value, 1, 1)
  if string.find(letters, letter, 1, true) then
    reply[#reply + 1] = found[2][i]
    reply[#reply + 1] = values == 1 and value or letter
  end
end
return reply
