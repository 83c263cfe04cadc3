-- A Redis that is out of memory refuses the first write of a script if it may take memory, and none after that. Removing
-- nothing is a write that it allows: what follows may then end jobs and so make room. A function is not begun by such a server,
-- which then runs the script.
local function allow_when_full(q)
  if not AS_FUNCTION then
    redis.call('ZREM', q.active, '')
  end
end
