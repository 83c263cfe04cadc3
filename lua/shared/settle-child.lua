-- The name under which a job is shown: without the braces of its keys.
local function shown_key(base, id)
  return string.gsub(base, ':{([^{}]*)}:$', ':%1:') .. id
end

-- A parent fails with its child: at its next start, which is brought about if it waits for anything but a worker.
local function fail_with_child(q, call, parent, base, id, reason)
  local state = state_of(q, parent)
  redis.call('HINCRBY', q.job .. parent, 'failedChildren', 1)
  redis.call('HINCRBY', q.job .. parent, 'pending', -1)
  redis.call('HSET', q.children .. parent, base .. '\t' .. id, 'f' .. reason)
  if state == 'completed' or state == 'failed' then
    return
  end
  local name = string.gsub(shown_key(base, id), '["\\]', '\\%0')
  redis.call('HSETNX', q.job .. parent, 'deferred', '"child ' .. name .. ' failed"')
  if state == 'waiting-children' or state == 'delayed' then
    let_run(q, call, parent, state, job_field(q, parent, 'priority'))
  end
end

-- What the end of a child means for its parent, however it ended: `ended` is the letter of its outcome and the payload. One that is not
-- pending has been settled before.
local function settle_child(q, call, parent, base, id, policy, ended)
  local outcome, payload = string.sub(ended, 1, 1), string.sub(ended, 2)
  local key, ref = q.children .. parent, base .. '\t' .. id
  local known = redis.call('HGET', key, ref)
  if known ~= 'p' then
    if known and not string.find(known, '^[cif]') then
      refuse_record('children')
    end
    return
  end
  if outcome == 'c' then
    redis.call('HSET', key, ref, ended)
    count_off(q, call, parent, 1)
  elseif outcome == 'r' or policy == 'r' then
    redis.call('HDEL', key, ref)
    count_off(q, call, parent, 1)
  elseif policy == 'f' then
    fail_with_child(q, call, parent, base, id, payload)
  elseif policy == 'c' or policy == 'i' then
    redis.call('HSET', key, ref, 'i' .. payload)
    count_off(q, call, parent, 1, policy == 'c')
  else
    emit(call.events, 'child-failed', table.concat({ parent, shown_key(base, id), shown(payload) }, '\t'))
  end
end

-- What becomes of children of one parent that have completed, all at once: their entries as HSET takes them. Nil where an entry
-- cannot be read.
local function completed_entries(q, parent, base, ends)
  local refs, entries, is_settled = {}, {}, {}
  for i, own in ipairs(ends) do
    refs[i] = base .. '\t' .. own[2]
  end
  local known = redis.pcall('HMGET', q.children .. parent, unpack(refs))
  for i, ref in ipairs(refs) do
    local was = known[i] or (known.err and '?')
    if was == 'p' and not is_settled[ref] then
      is_settled[ref] = true
      entries[#entries + 1] = ref
      entries[#entries + 1] = ends[i][4]
    elseif was and not string.find(was, '^[cifp]') then
      return nil
    end
  end
  return entries
end

local function settle_completed(q, call, parent, entries)
  redis.call('HSET', q.children .. parent, unpack(entries))
  count_off(q, call, parent, #entries / 2)
end

-- A child that was settled and runs again is waited for again.
local function relink_child(q, call, parent, base, id)
  local key, ref = q.children .. parent, base .. '\t' .. id
  local letter = string.sub(redis.call('HGET', key, ref) or 'p', 1, 1)
  if letter ~= 'p' then
    redis.call('HSET', key, ref, 'p')
    redis.call('HINCRBY', q.job .. parent, 'pending', 1)
    if letter == 'f' then
      redis.call('HINCRBY', q.job .. parent, 'failedChildren', -1)
    end
  end
end
