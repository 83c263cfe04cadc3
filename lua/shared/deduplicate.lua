-- A deduplication key is a hash: `owner`, the job that it protects; `until`, where it has a ttl, after which it means
-- nothing; `nextId`, `nextSpec`, `nextBody`, the newest job that is to run after the owner. The key's own expiry only
-- sweeps up: like every deadline, `until` is compared with the call's time.
local function set_owner(q, rule, id, now, ends)
  local key = q.dedup .. rule.id
  redis.call('DEL', key)
  redis.call('HSET', key, 'owner', id)
  if rule.ttl and not string.find(rule.flags, 'k', 1, true) then
    local deadline = ends or now + rule.ttl
    redis.call('HSET', key, 'until', string.format('%.0f', deadline))
    redis.call('PEXPIRE', key, expiry(math.max(deadline - now, 1)))
  end
end

-- With a ttl the key holds until then, whatever becomes of its owner. Without, it holds while the owner is unfinished;
-- one whose owner has vanished is as good as none. So is, here, another job that was given the owner's id since.
-- Returns owner, its state, whether it has ever been started or a parent waits for it, and the deadline.
local function live_owner(q, dedup_id, now)
  local key = redis.call('HMGET', q.dedup .. dedup_id, 'owner', 'until')
  local owner, ends = key[1], tonumber(key[2] or nil)
  if not owner or (ends and ends <= now) then
    return nil
  end
  local fields = job_fields(q, owner, 'state', 'token', 'dedup', 'parent')
  local unfinished = fields[3] == dedup_id and fields[1] ~= 'completed' and fields[1] ~= 'failed'
  if not ends and not unfinished then
    return nil
  end
  return owner, unfinished and fields[1] or 'finished', (fields[2] or fields[4]) and true or false, ends
end

-- A job that has never been started is due when the one would have been that it stops.
local function reschedule(q, call, id, delay)
  local due = call.moves.now + delay
  take_delayed(q, call.moves, id)
  move(call.moves, 'delayed', { id = id, due = due })
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'state', 'delayed', 'delay', delay)
  emit(call.events, 'delayed', id .. '\t' .. string.format('%.0f', due))
end

-- Decides about a new job with a deduplication rule. Returns the job that is kept instead, or nil when it may be added.
local function deduplicate(q, call, id, spec, rule, body)
  local now = call.moves.now
  local owner, state, bound, ends = live_owner(q, rule.id, now)
  if not owner then
    set_owner(q, rule, id, now)
    return nil
  end
  local function has(flag)
    return string.find(rule.flags, flag, 1, true) ~= nil
  end
  -- A job that has been started may have done half of its work, and one that is a child is waited for: neither is
  -- replaced.
  if has('r') and state == 'delayed' and not bound then
    take_delayed(q, call.moves, owner)
    erase(q, { owner })
    emit(call.events, 'removed', owner .. '\tdelayed')
    set_owner(q, rule, id, now, not has('e') and ends or nil)
    emit(call.events, 'deduplicated', id .. '\t' .. rule.id .. '\t' .. owner)
    return nil
  end
  if has('s') and not has('r') and not bound and state == 'delayed' then
    reschedule(q, call, owner, tonumber(string.match(spec, '^%d+')) or 0)
  end
  local key = q.dedup .. rule.id
  if has('k') and state ~= 'finished' then
    redis.call('HSET', key, 'nextId', id, 'nextSpec', spec, 'nextBody', body)
    redis.call('HDEL', key, 'until')
    redis.call('PERSIST', key)
  elseif has('e') and not has('r') and rule.ttl and ends then
    -- Not where it could have been replaced: adds that go on would then never again bring a job.
    redis.call('HSET', key, 'until', string.format('%.0f', now + rule.ttl))
    redis.call('PEXPIRE', key, expiry(rule.ttl))
  end
  emit(call.events, 'deduplicated', owner .. '\t' .. rule.id .. '\t' .. id)
  return owner
end

-- Whether an add with this rule would bring no job, nor put one in the place of another.
local function is_kept_out(q, rule, now)
  local owner, state, bound = live_owner(q, rule.id, now)
  return owner ~= nil and not (string.find(rule.flags, 'r', 1, true) and state == 'delayed' and not bound)
end
