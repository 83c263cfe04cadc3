-- A reply can be lost after its script ran, and the client sends the call again. A writer has one call in flight, so
-- remembering its last number and reply is enough to reply to a repeat without doing the work twice.
local REMEMBER_MS = '3600000'

-- The reply given to this very call before, or nil when it is new. A copy that arrives after its writer's next call,
-- from a connection that was given up, is refused: nobody waits for its reply. Of an reply, which may be long, only the
-- number before it, 17 characters at most, is read where the call is new.
local function recall(key, seq)
  local head = redis.call('GETRANGE', key, 0, 20)
  if head == '' then
    return nil
  end
  local at = string.find(head, '\n', 1, true)
  local number, asked = whole(string.sub(head, 1, (at or 1) - 1)), whole(seq)
  if not number or not asked then
    -- Somebody has overwritten it.
    return nil
  end
  if number == asked then
    return string.sub(redis.call('GET', key), at + 1)
  end
  if number > asked then
    error('OUTDATED: this writer has made a later call')
  end
  return nil
end

local function remember(key, seq, reply)
  redis.call('SET', key, seq .. '\n' .. reply, 'PX', REMEMBER_MS)
end
