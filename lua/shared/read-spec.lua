-- What a new job asks of the engine: 'delayMs,priority,front,timestamp', then ',ttl,flags,id' where it is deduplicated;
-- '' when it asks for nothing.
local function read_spec(spec)
  local delay, priority, front, timestamp, rule = string.match(spec, '^(%d*),(%d*),(1?),(%d*)(.*)$')
  local ttl, flags, dedup_id = string.match(rule, '^,(%d*),(%a*),(.*)$')
  return {
    delay = tonumber(delay) or 0,
    priority = priority ~= '' and priority or nil,
    front = front == '1',
    timestamp = timestamp ~= '' and timestamp or nil,
    dedup = dedup_id and { id = dedup_id, ttl = tonumber(ttl), flags = flags },
  }
end
