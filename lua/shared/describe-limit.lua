local function number_text(number)
  return number and string.format('%.0f', number) or ''
end

-- Adds eleven parts: name, 1 when it is there, concurrency, max, duration ('' none), 1 when paused, jobs running, starts in
-- this window, ms left of it, jobs parked, places that the queue has of one that queues share ('' for others).
local function describe_limit(q, reply, name, now)
  local limit = read_limit_named(q, name, now)
  for _, part in ipairs({
    name, limit.exists and not limit.awaited and 1 or 0, number_text(limit.lent and limit.whole_concurrency or limit.concurrency),
    number_text(limit.lent and limit.whole_max or limit.max),
    limit.max and number_text(limit.duration) or '', limit.paused and 1 or 0, limit.running, limit.count,
    limit.count > 0 and limit.ends - now or 0, redis.call('ZCARD', q.parked .. name),
    limit.lent and number_text(limit.concurrency or 0) or '',
  }) do
    reply[#reply + 1] = part
  end
end
