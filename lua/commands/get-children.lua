--- Some children of a job, with what they brought, in no particular order.
-- @key meta
-- @derives children
-- @arg id text
-- @arg cursor int       0 at first
-- @arg letters text     those to give: p pending, c completed, i failed and ignored, f failed and counted
-- @arg values int       1 to give what they brought
-- @arg count int        how many at most
-- @form child reply[n] ref value
-- @returns cursor:int children:child*
-- @reply the cursor to go on from, 0 at the end, then two per child: its ref, its letter and what it brought. A child
--        may come twice.
-- @cost O(K) for the children looked at, some hundred

-- A scan of Redis gives as many as it likes: the cursor says besides how many of a scan were looked at.
local SPAN = 1048576
local SCAN = 100
local LOOKED_CAP = 500
local scan, seen = math.floor(cursor / SPAN), cursor % SPAN

local reply, looked = {}, 0
repeat
  local found = redis.pcall('HSCAN', q.children .. id, string.format('%.0f', scan), 'COUNT', SCAN)
  -- A key that holds something else holds no children.
  if found.err and not string.find(found.err, 'WRONGTYPE', 1, true) then
    return found
  end
  found = found.err and { '0', {} } or found
  local entries = found[2]
  while seen * 2 < #entries and #reply < count * child.size do
    local value = entries[seen * 2 + 2]
    local letter = string.sub(value, 1, 1)
    if string.find(letters, letter, 1, true) then
      local n = #reply
      child.ref, child.value = entries[seen * 2 + 1], values == 1 and value or letter
    end
    seen = seen + 1
    looked = looked + 1
  end
  local is_through = seen * 2 >= #entries
  if is_through then
    scan, seen = tonumber(found[1]), 0
  end
until not is_through or scan == 0 or #reply >= count * child.size or looked >= LOOKED_CAP
table.insert(reply, 1, string.format('%.0f', scan * SPAN + seen))
return reply
