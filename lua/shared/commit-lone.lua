-- What `commit_plain` does, for a call that ends one job or none and starts one or none, as most are where handlers take their time:
-- without a table for anything.
-- @with started

-- Id, body and the fields of the record, nil where there is none, of the job that is to be started; false as id where none waits. Then
-- whether more wait. Returns nil where that is not plain, and where more than one would be started.
local function next_lone(q, want)
  local waiting = redis.call('LRANGE', q.waiting, 0, 1)
  local id, is_more = waiting[1], waiting[2] ~= nil
  if (want > 1 or not is_more) and (is_more or redis.call('ZCARD', q.prioritized) > 0) then
    return nil
  elseif not id then
    return false
  end
  local found = redis.call('MGET', q.body .. id, q.job .. id)
  local fields = found[2] and fields_in(found[2])
  if not found[1] or (fields and not fields.asked) or (not fields and redis.call('EXISTS', q.job .. id) == 1) then
    return nil
  end
  return id, found[1], fields, is_more
end

-- The record of a completed job, false where none is kept, and the oldest one that has to go for it, if any. Returns nil where that is
-- not plain.
local function end_lone(q, stamp, id, token, result, keep)
  local excess, is_kept = plain_retention(q, keep, 1)
  local text, held = record_text(q, id), 'active\t' .. token .. '\t'
  if not excess or excess > 1 or not text or string.sub(text, 1, #held) ~= held or string.find(text, '\n', 1, true)
    or string.find(result, '\n', 1, true) then
    return nil
  end
  local ended, dedup_id, link = ended_run(string.sub(text, #held + 1), stamp)
  if not ended or dedup_id ~= '' or link ~= NO_PARENT then
    return nil
  end
  return is_kept and completed_record(token, ended, result), excess == 1 and redis.call('ZRANGE', q.completed, 0, 0)[1]
end

-- See `commit_plain`; `id` is nil where no job is to be completed.
local function commit_lone(q, reply, meta, number, seq, due, now, stamp, want, relay, worker, name, lock, id, token, result, keep)
  local record, oldest
  if id then
    record, oldest = end_lone(q, stamp, id, token, result, keep)
    if record == nil then
      return nil
    end
  end
  local next_id, body, fields, is_more = next_lone(q, want)
  if next_id == nil then
    return nil
  end
  allow_when_full(q)

  local count, granted = number, worker .. ':1'
  if next_id then
    local next_record = started_record(granted, stamp, name, fields and fields.asked)
    if record then
      redis.call('MSET', q.job .. id, record, q.job .. next_id, next_record)
    else
      redis.call('SET', q.job .. next_id, next_record)
    end
    redis.call('LPOP', q.waiting)
    redis.call('ZADD', q.active, now + lock, next_id)
    count = count + 1
    if relay == 1 and want == 1 and (is_more or redis.call('ZCARD', q.prioritized) > 0) then
      wake_one(q)
    end
  elseif record then
    redis.call('SET', q.job .. id, record)
  end
  local words, is_drained = '', false
  if id then
    words, count = 'ok', count + 1
    redis.call('ZREM', q.active, id)
    if record then
      seq = seq + 1
      redis.call('ZADD', q.completed, seq, id)
      if oldest then
        redis.call('ZREM', q.completed, oldest)
        redis.call('UNLINK', q.body .. oldest, q.job .. oldest)
      end
    else
      redis.call('UNLINK', q.body .. id, q.job .. id)
    end
    is_drained = not next_id and not due and redis.call('ZCARD', q.active) == 0
    count = is_drained and count + 1 or count
  end
  -- First, so that no number is given again where the events are none.
  if record then
    redis.call('HSET', q.meta, 'eventNumber', count, 'seq', seq)
  elseif count > number then
    redis.call('HSET', q.meta, 'eventNumber', count)
  end
  if id then
    local line = id .. '\t' .. shown(result)
    if next_id then
      publish_runs(q.events, number, meta[2], 'completed', line, 'active', next_id)
    elseif is_drained then
      publish_runs(q.events, number, meta[2], 'completed', line, 'drained', '')
    else
      publish_runs(q.events, number, meta[2], 'completed', line)
    end
  elseif next_id then
    publish_runs(q.events, number, meta[2], 'active', next_id)
  end
  if not next_id then
    return words, due and due - now or -1, ''
  end
  local n = #reply
  started.id = next_id
  started.body = body
  started.token = granted
  started.fields = fields or NO_FIELDS
  return words, due and due - now or -1, next_id .. '\t' .. granted .. '\n'
end
