-- When a caller is to look at the outbox: at once when this call posted something, after a while when others have, who
-- deliver it, or look after what is kept of it, unless they have died; -1 when all has been received.
local LOOK_AGAIN_MS = 1000

local function undelivered(flag, posted)
  if posted then
    return 0
  end
  return flag and LOOK_AGAIN_MS or -1
end
