-- A call that only completes jobs and starts others, where nothing but the plain list and plain records is in play: most calls of most
-- workers. It comes to the same as the rest of commit, in one pass over the jobs and without what a batch of anything takes. All is read
-- and decided before the first write, so that it can leave a call to the rest.
-- @with started

-- What is to be started: ids, their bodies followed by the fields of their records, false where there is none, and whether more wait.
-- Returns nil where that is not plain.
local function next_plain(q, want)
  local ids = redis.call('LRANGE', q.waiting, 0, want)
  local count, is_more = #ids, false
  if count > want then
    ids[count] = nil
    count, is_more = want, true
  elseif redis.call('ZCARD', q.prioritized) > 0 then
    -- They come behind the plain ones.
    if count < want then
      return nil
    end
    is_more = true
  end
  if count == 0 then
    return ids, ids, false
  end
  local keys, of_body, of_job = {}, q.body, q.job
  for i = 1, count do
    local id = ids[i]
    keys[i] = of_body .. id
    keys[count + i] = of_job .. id
  end
  local found = redis.call('MGET', unpack(keys))
  for i = 1, count do
    local text = found[count + i]
    if text then
      text = fields_in(text)
      found[count + i] = text
    end
    if not found[i] or (text and not text.asked) then
      return nil
    end
  end
  return not has_hash(found, keys, count + 1) and ids, found, is_more
end

-- Keys and new records of the jobs that are to be completed. Returns nil where one is there twice, is not held, or has others that wait
-- for its end.
local function plain_ends(q, stamp, ended)
  local keys, seen, of_job, tokens, results = {}, {}, q.job, ended.tokens, ended.results
  for i, id in ipairs(ended) do
    if seen[id] then
      return nil
    end
    seen[id] = true
    keys[i] = of_job .. id
  end
  local records = redis.call('MGET', unpack(keys))
  local last, kept, dedup_id, link
  for i = 1, #ended do
    local text, token = records[i], tokens[i]
    local held = 'active\t' .. token .. '\t'
    if not text or string.sub(text, 1, #held) ~= held or string.find(results[i], '\n', 1, true) then
      return nil
    end
    local run = string.sub(text, #held + 1)
    if run ~= last then
      last = run
      -- Its steps have lines of their own.
      if string.find(run, '\n', 1, true) then
        return nil
      end
      kept, dedup_id, link = ended_run(run, stamp)
      if not kept or dedup_id ~= '' or link ~= NO_PARENT then
        return nil
      end
    end
    records[i] = completed_record(token, kept, results[i])
  end
  return keys, records
end

-- How many of the completed jobs have to go when so many have come, and whether those stay at all. Returns nil for a policy that is not
-- about their count alone, and where they are too many for one call.
local function plain_retention(q, keep, ends)
  local count = keep == '' and '' or string.match(keep, '^(%d*),,%d*$')
  if not count then
    return nil
  elseif count == '' then
    return 0, true
  elseif tonumber(count) == 0 then
    return 0, false
  end
  local excess = redis.call('ZCARD', q.completed) + ends - tonumber(count)
  if excess > TRIM_CAP then
    return nil
  end
  return excess, true
end

-- Ends the jobs, and returns their two fields of the event and what is to be stored.
local function end_plain(q, ended, keys, records, seq, is_kept)
  local lines, results, pairs = {}, ended.results, {}
  for i, id in ipairs(ended) do
    lines[i] = id .. '\t' .. shown(results[i])
    pairs[2 * i - 1] = keys[i]
    pairs[2 * i] = is_kept and records[i] or q.body .. id
  end
  send('ZREM', q.active, ended)
  if is_kept then
    local scores = {}
    for i, id in ipairs(ended) do
      scores[2 * i - 1] = seq + i
      scores[2 * i] = id
    end
    send('ZADD', q.completed, scores)
  end
  return lines[2] and table.concat(lines, '\n') or lines[1], pairs
end

-- Starts the jobs, and appends their records to `sets` and them to `reply`.
local function start_plain_jobs(q, ids, found, token, stamp, name, expires, sets, reply)
  local fresh, expiry, locks, of_job = started_record(token, stamp, name), string.format('%.0f', expires), {}, q.job
  local starts, last, n = #ids, #sets, #reply
  for i = 1, starts do
    local id, fields = ids[i], found[starts + i]
    sets[last + 1] = of_job .. id
    sets[last + 2] = fields and started_record(token, stamp, name, fields.asked) or fresh
    locks[2 * i - 1] = expiry
    locks[2 * i] = id
    started.id = id
    started.body = found[i]
    started.token = token
    started.fields = fields or NO_FIELDS
    last, n = last + 2, n + started.size
  end
  redis.call('LTRIM', q.waiting, starts, -1)
  send('ZADD', q.active, locks)
end

-- The last numbers of an event and of order, and when the next delayed job is due. Returns nil where something is in play that is not
-- plain. `meta` begins as commit reads it: paused, maxEvents, closedUntil, outbox, metrics, limits, groups, extras, eventNumber, seq.
local function plain_numbers(q, meta, now, name)
  if meta[1] or meta[3] or meta[4] == '1' or meta[5] or meta[6] or meta[7] or meta[8] or string.find(name, '[\t\n]') then
    return nil
  end
  local number, seq, due = whole(meta[9] or 0), whole(meta[10] or 0), first_due(q)
  if not seq or (due and due <= now) then
    return nil
  end
  return number, seq, due
end

-- `number`, `seq` and `due` are those of `plain_numbers`; `ended` are the ids of the jobs that are to be completed, with their `tokens`, `results` and what to `keep`. Appends the jobs
-- that it starts to the reply. Returns the words of it, in how many ms the next delayed job is due, and the grants in a text; nil where
-- anything is not plain.
local function commit_plain(q, reply, meta, number, seq, due, now, stamp, want, relay, worker, name, lock, ended)
  local ends = #ended
  local keys, records, excess, is_kept
  if ends > 0 then
    keys, records = plain_ends(q, stamp, ended)
    if keys then
      excess, is_kept = plain_retention(q, ended.keep, ends)
    end
    if not excess then
      return nil
    end
  end
  local ids, found, is_more = next_plain(q, want)
  if not ids then
    return nil
  end
  allow_when_full(q)

  local runs, count, words, sets, gone = {}, number, '', {}, nil
  if ends > 0 then
    runs[1] = 'completed'
    runs[2], sets = end_plain(q, ended, keys, records, seq, is_kept)
    words = 'ok' .. string.rep('\tok', ends - 1)
    count = count + ends
    if not is_kept then
      gone, sets = sets, {}
    end
  end
  local granted, starts = '', #ids
  if starts > 0 then
    local token = worker .. ':1'
    start_plain_jobs(q, ids, found, token, stamp, name, now + lock, sets, reply)
    local n, line = #runs, '\t' .. token .. '\n'
    runs[n + 1] = 'active'
    runs[n + 2] = ids[2] and table.concat(ids, '\n') or ids[1]
    count = count + starts
    granted = table.concat(ids, line) .. line
    if relay == 1 and is_more then
      wake_one(q)
    end
  elseif ends > 0 and not due and redis.call('ZCARD', q.active) == 0 then
    runs[3], runs[4] = 'drained', ''
    count = count + 1
  end
  send_keys('MSET', sets)
  if gone then
    send_keys('UNLINK', gone)
  elseif excess and excess > 0 then
    local oldest = redis.call('ZRANGE', q.completed, 0, excess - 1)
    redis.call('ZREMRANGEBYRANK', q.completed, 0, excess - 1)
    erase(q, oldest, true)
  end
  if runs[1] then
    -- First, so that no number is given again where the events are none.
    if is_kept then
      redis.call('HSET', q.meta, 'eventNumber', count, 'seq', seq + ends)
    else
      redis.call('HSET', q.meta, 'eventNumber', count)
    end
    publish_runs(q.events, number, meta[2], unpack(runs))
  end
  return words, due and due - now or -1, granted
end
