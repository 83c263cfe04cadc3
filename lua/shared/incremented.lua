-- Counters stay text; most jobs need one attempt. What somebody has written over a counter counts as none.
local function incremented(count)
  if not count or count == '0' then
    return '1'
  end
  return string.format('%d', (tonumber(count) or 0) + 1)
end
