-- Counts on in a number of the queue's own and returns it. One that somebody has overwritten begins anew: above all that were
-- given, with the time, or with nothing where `from_one` says so.
local function count_up(meta, field, by, from_one)
  local count = redis.pcall('HINCRBY', meta, field, by)
  if type(count) == 'number' then
    return count
  end
  if not string.find(count.err, 'not an integer', 1, true) and not string.find(count.err, 'overflow', 1, true) then
    error(count.err, 0)
  end
  local first = from_one and by or redis.call('TIME')[1] * 1000 + by
  redis.call('HSET', meta, field, string.format('%.0f', first))
  return first
end
