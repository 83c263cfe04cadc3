--- What is stored of schedulers, for getters and for who plans their slots.
-- @key meta
-- @derives scheduler
-- @arg now int          0 for Redis' clock
-- @rest the ids
-- @reply the time, then for each: what was given, count of jobs, current slot, its job, 1 when paused, fingerprint of its code, revision, last planned
--        slot, how many are planned, milliseconds of spread, data; the first one nil for no such scheduler, and
--        the second then `unreadable` where its key holds something else
-- @cost O(K) for K schedulers
-- @use server-time job-record state-of

local READ_CAP = 1000
if #ARGV - rest + 1 > READ_CAP then
  return redis.error_reply('ERR too many schedulers in one call')
end
local found = { string.format('%.0f', server_time(now)) }
for at = rest, #ARGV do
  local fields = redis.pcall(
    'HMGET', q.scheduler .. ARGV[at], 'given', 'count', 'slot', 'job', 'paused', 'origin', 'revision', 'last', 'slots', 'spread', 'data'
  )
  if is_other(fields) or (not fields[1] and redis.call('EXISTS', q.scheduler .. ARGV[at]) == 1) then
    found[#found + 1] = { false, 'unreadable' }
  else
    local _, planned = string.gsub(fields[9] or '', '%d+', '')
    fields[9] = planned
    found[#found + 1] = fields
  end
end
return found
