-- A message that cannot be read holds up nobody: it goes to the list `unreadable`, where the newest hundred are kept for whoever looks
-- into it.
local MOST_LAID_ASIDE = 100

local function lay_aside(q, text)
  local done = redis.pcall('RPUSH', q.unreadable, text)
  if type(done) == 'number' and done > MOST_LAID_ASIDE then
    redis.call('LTRIM', q.unreadable, -MOST_LAID_ASIDE, -1)
  end
end
