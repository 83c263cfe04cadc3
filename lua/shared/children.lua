-- `children:<id>` holds a job's children: field is what the keys of the child's queue begin with, a tab and its id; value
-- a letter and what it brought. `p` pending, `c` completed with its result, `i` failed and ignored, `f` failed and counted,
-- both with the reason. The job's fields `pending` and `failedChildren` count the `p` and the `f`; of the pending ones,
-- `promised` have no entry yet.

local REFS_AT_ONCE = 1000

-- What is noted of children, in the order of their refs; false where nothing is.
local function known_children(q, id, refs)
  if #refs <= REFS_AT_ONCE then
    return #refs > 0 and redis.call('HMGET', q.children .. id, unpack(refs)) or {}
  end
  local known = {}
  for i, ref in ipairs(refs) do
    known[i] = redis.call('HGET', q.children .. id, ref)
  end
  return known
end

-- Notes children, none of which is noted yet. Returns how many refs were there twice.
local function note_new(q, id, refs)
  has_extras(q)
  local twice = 0
  for first = 1, #refs, REFS_AT_ONCE do
    local pairs = {}
    for i = first, math.min(first + REFS_AT_ONCE - 1, #refs) do
      pairs[#pairs + 1] = refs[i]
      pairs[#pairs + 1] = 'p'
    end
    twice = twice + #pairs / 2 - redis.call('HSET', q.children .. id, unpack(pairs))
  end
  return twice
end

-- Notes children that are counted as pending. Returns how many were known already, and so counted twice.
local function note_children(q, id, refs)
  local known, fresh = known_children(q, id, refs), {}
  for i, ref in ipairs(refs) do
    if not known[i] then
      fresh[#fresh + 1] = ref
    end
  end
  return #refs - #fresh + note_new(q, id, fresh)
end

-- Counts children as pending and notes some of them; the others are noted by messages under way.
local function expect_children(q, id, count, refs)
  as_hash(q, id)
  redis.call('HINCRBY', q.job .. id, 'pending', count - note_children(q, id, refs))
  if count > #refs then
    redis.call('HINCRBY', q.job .. id, 'promised', count - #refs)
  end
end

-- Of children that a message brings, those that the job was promised: the message may be about another one that had its
-- id. They are taken off the promise.
local function take_promised(q, id, refs)
  local promised = whole(job_field(q, id, 'promised') or 0)
  if not promised then
    refuse_record('promised')
  end
  if promised > #refs then
    redis.call('HINCRBY', q.job .. id, 'promised', -#refs)
    return refs
  end
  if promised > 0 then
    redis.call('HDEL', q.job .. id, 'promised')
  end
  return { unpack(refs, 1, promised) }
end

-- Puts a parent where workers fetch, in front of those that wait there; behind them while these are being drained. A
-- draining sees by its order number that it did not wait there when it began.
local function let_run(q, call, id, state, priority)
  if state == 'delayed' then
    take_delayed(q, call.moves, id)
  else
    redis.call('ZREM', q['waiting-children'], id)
  end
  local state_now = place(call.moves, id, priority, not call.drains)
  local since = count_up(q.meta, 'seq', 1)
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'state', state_now, 'delay', 0, 'since', since)
  emit(call.events, 'waiting', id .. '\t' .. state)
end

-- Ends a parent's waiting: a delay that it was given counts from now.
local function release_parent(q, call, id, priority, delay)
  if not delay or (tonumber(delay) or 0) <= 0 then
    return let_run(q, call, id, 'waiting-children', priority)
  end
  redis.call('ZREM', q['waiting-children'], id)
  local due = call.moves.now + tonumber(delay)
  move(call.moves, 'delayed', { id = id, due = due })
  redis.call('HSET', q.job .. id, 'state', 'delayed', 'since', count_up(q.meta, 'seq', 1))
  emit(call.events, 'delayed', id .. '\t' .. due)
end

-- Counts so many children less as pending, and releases the parent if nothing else is to be waited for.
local function count_off(q, call, id, count, at_once)
  local pending = redis.call('HINCRBY', q.job .. id, 'pending', -count)
  if pending > 0 and not at_once then
    return
  end
  local fields = redis.call('HMGET', q.job .. id, 'state', 'priority', 'delay')
  if fields[1] == 'waiting-children' then
    release_parent(q, call, id, fields[2], fields[3])
  end
end
