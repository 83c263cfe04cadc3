--- Moves the lock expiry of all jobs that a worker holds.
-- @key meta active
-- @derives job
-- @arg now int          0 for Redis' clock
-- @arg lock int         milliseconds until the renewed locks expire
-- @arg silence int      as for recover-stalled; 0 for who does not call regularly
-- @arg grace int
-- @each grant id token
-- @form cancelled_run cancelled[n] id token how
-- @returns lost:list cancelled:[cancelled_run*]
-- @reply the ids whose lock is no longer held; of the runs that were cancelled the job, its token and how that was
-- @cost O(K log N) for K jobs, 5000 at most
-- @use server-time job-record job-records send incremented activate allow-when-full silence

local RENEW_CAP = 5000
if #ARGV - rest + 1 > grant.size * RENEW_CAP then
  return redis.error_reply('ERR too many locks in one call')
end

local t = server_time(now)
local ids, lost, held, cancelled = {}, {}, {}, {}
for at = rest, #ARGV, grant.size do
  ids[#ids + 1] = grant.id
end
local found = try_fields_of(q, ids, 'state', 'token', 'cancelled')
for i = 1, #ids do
  local fields, at = found[i], rest + (i - 1) * grant.size
  if fields[1] == 'active' and fields[2] == grant.token then
    held[#held + 1] = grant.id
    if fields[3] then
      local n = #cancelled
      cancelled_run.all = grant.id, grant.token, fields[3]
    end
  else
    lost[#lost + 1] = grant.id
  end
end
allow_when_full(q)
if silence > 0 then
  hear(q, t, silence, grace)
end
lock_all(q, held, t + lock)
return { lost, cancelled }
