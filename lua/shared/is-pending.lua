-- Whether a job is the one that its scheduler is to bring next: sweeping it out would stop the scheduler.
local function is_pending(q, id)
  local scheduler = string.match(id, '^repeat:(.+):%d+$')
  return scheduler ~= nil and redis.pcall('HGET', q.scheduler .. scheduler, 'job') == id
end
