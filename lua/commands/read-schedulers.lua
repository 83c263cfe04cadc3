--- What is stored of schedulers, for getters and for who plans their slots.
-- @key meta
-- @derives scheduler
-- @arg now int          0 for Redis' clock
-- @rest the ids
-- @form scheduler_parts fields[] state given:text? count:int slot:int job:text? paused:yes origin:text? revision:text? last_slot:text? slots:int spread:int data:text?
-- @returns time:int schedulers:[scheduler_parts]*
-- @reply the time, then for each whether it is there (ok, missing, or unreadable where its key holds something else), what was given, count of
--        jobs, current slot, its job, 1 when paused, fingerprint of its code, revision, last planned slot, how many are planned, milliseconds of
--        spread, data
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
    found[#found + 1] = { 'unreadable' }
  elseif not fields[1] then
    found[#found + 1] = { 'missing' }
  else
    table.insert(fields, 1, 'ok')
    local _, planned = string.gsub(scheduler_parts.slots or '', '%d+', '')
    scheduler_parts.slots = planned
    found[#found + 1] = fields
  end
end
return found
