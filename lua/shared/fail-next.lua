local SLOT_JOB = '^repeat:(.+):%d+$'

-- A job's fields where their key holds something else: they begin anew. Returns whether they did.
local function renew_fields(q, id)
  if not is_other(try_field(q, id, 'state')) then
    return false
  end
  local state = kept_as(q, id)
  redis.call('UNLINK', q.job .. id)
  redis.call('HSET', q.job .. id, 'state', state, 'deferred', REASON)
  local scheduler = string.match(id, SLOT_JOB)
  if scheduler then
    -- It goes on where this was its next job.
    redis.call('HSET', q.job .. id, 'scheduler', scheduler)
  end
  return true
end

-- For who starts a job, or looks whether it is due. `reply` is an error of Redis.
local function renewed_fields(q, id, reply)
  throw_unless_unreadable(reply)
  renew_fields(q, id)
  local fields, scheduler = { 'deferred', REASON }, string.match(id, SLOT_JOB)
  if scheduler then
    fields[3], fields[4] = 'scheduler', scheduler
  end
  return fields
end

-- The job fails when a worker takes it next, which is brought about if it waits for anything else.
local function fail_next(q, call, id)
  if redis.call('EXISTS', q.body .. id) == 0 then
    return
  end
  renew_fields(q, id)
  local state = state_of(q, id)
  if state == 'completed' or state == 'failed' then
    return
  end
  as_hash(q, id)
  redis.call('HSETNX', q.job .. id, 'deferred', REASON)
  if state == 'waiting-children' or state == 'delayed' then
    let_run(q, call, id, state, job_field(q, id, 'priority'))
  end
end

-- Applies to a job what happened to others. Where its record makes that impossible, it fails, and nobody else does.
local function apply_to(q, call, id, change, ...)
  local done, failure = pcall(change, ...)
  if not done then
    throw_unless_unreadable(failure)
    fail_next(q, call, id)
  end
  return done
end
