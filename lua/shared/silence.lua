-- A lock that has expired says that its holder is dead, unless Redis itself was frozen or away: then nobody could renew. A
-- script cannot know of that but by the time since the last call. Workers see to it that somebody is heard at least every
-- half of `silence`; when nobody was for longer, holders get `grace` milliseconds to renew what expired meanwhile.
-- Returns up to when expired locks are to be taken back, and for how many milliseconds the rest is left alone.
local function hear(q, now, silence, grace)
  local meta = redis.call('HMGET', q.meta, 'heard', 'silentFrom', 'graceUntil')
  local heard, ends = tonumber(meta[1] or ''), tonumber(meta[3] or '')
  local stamp = string.format('%.0f', now)
  if heard and now - heard > silence then
    local until_then = string.format('%.0f', now + grace)
    redis.call('HSET', q.meta, 'heard', stamp, 'silentFrom', meta[1], 'graceUntil', until_then)
    return heard, grace
  end
  if heard or redis.call('ZCARD', q.active) > 0 then
    redis.call('HSET', q.meta, 'heard', stamp)
  end
  if not ends then
    return now, 0
  end
  -- A clock that was set back must not make a grace longer than it is.
  if now < ends and ends - now <= grace then
    return tonumber(meta[2] or '') or now, ends - now
  end
  redis.call('HDEL', q.meta, 'silentFrom', 'graceUntil')
  return now, 0
end
