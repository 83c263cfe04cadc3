local function number_text(number)
  return number and string.format('%.0f', number) or ''
end

-- Starts are those in this window, and `window_ms` what is left of it. `places` are those that the queue has of one that queues share.
-- @form limit_parts reply[n] name is_defined:yes concurrency:maybe max:maybe duration:maybe is_paused:yes running:int started:int window_ms:int parked:int places:maybe
local function describe_limit(q, reply, name, now)
  local limit = read_limit_named(q, name, now)
  local n = #reply
  limit_parts.all =
    name, limit.exists and not limit.awaited and 1 or 0, number_text(limit.lent and limit.whole_concurrency or limit.concurrency),
    number_text(limit.lent and limit.whole_max or limit.max),
    limit.max and number_text(limit.duration) or '', limit.paused and 1 or 0, limit.running, limit.count,
    limit.count > 0 and limit.ends - now or 0, redis.call('ZCARD', q.parked .. name),
    limit.lent and number_text(limit.concurrency or 0) or ''
end
