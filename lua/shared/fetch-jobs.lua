local FETCH_CAP = 1000

local function take_ids(q, want)
  local ids = redis.call('LPOP', q.waiting, want) or {}
  if #ids < want then
    local popped = redis.call('ZPOPMIN', q.prioritized, want - #ids)
    for i = 1, #popped, 2 do
      ids[#ids + 1] = popped[i]
    end
  end
  return ids
end

-- Adds the job just started to those of schedulers, if it is one.
local function note_fired(fired, id, scheduler, reply)
  if scheduler then
    fired = fired or {}
    local n = #fired
    fired[n + 1], fired[n + 2], fired[n + 3] = id, scheduler, reply[#reply]
  end
  return fired
end

-- Starts so many of the jobs that wait. Returns their ids, and the jobs of schedulers among them, see `fire_slots`.
local function start_plain(q, reply, grant, events, moves, want)
  local taken = take_ids(q, want)
  local ids, fired = {}, nil
  if #taken > 0 then
    local bodies, stored, is_hash = read_jobs(q, taken)
    local records = {}
    for i, id in ipairs(taken) do
      -- An id without a body is a leftover of a hand-edited database: it is dropped, unless it is the next job of a scheduler. One
      -- with something else is a job that fails.
      local body = bodies[i] or rare().renewed_body(q, id, moves.stamp)
      if body or redis.call('EXISTS', q.body .. id) == 1 then
        fired = note_fired(fired, id, activate(q, reply, id, body or '', grant, moves.stamp, stored[i], not is_hash[i] and records), reply)
        ids[#ids + 1] = id
        emit(events, 'active', id)
      end
    end
    send_keys('MSET', records)
    lock_all(q, ids, moves.now + grant.lock)
  end
  return ids, fired
end

-- Starts up to `grant.want` jobs. Returns the ids started, how long the rate limit asks to wait, and the jobs of
-- schedulers among them.
local function fetch_jobs(q, reply, grant, events, moves)
  local now = moves.now
  local want = math.min(grant.want, FETCH_CAP)
  if grant.max == 0 and not grant.closed_until then
    if want < 1 then
      return {}, 0
    end
    local ids, fired = start_plain(q, reply, grant, events, moves, want)
    return ids, 0, fired
  end
  local limit = read_limit(q, grant.max, grant.duration, grant.closed_until, now)
  want = math.min(want, limit.left)
  if want < 1 then
    return {}, limit.left < 1 and limit.ends - now or 0
  end
  local ids, fired = start_plain(q, reply, grant, events, moves, want)
  if grant.max > 0 and #ids > 0 then
    count_starts(q, limit, #ids, now)
  end
  local limited = grant.max > 0 and limit.left <= #ids
  return ids, limited and limit.ends - now or 0, fired
end
