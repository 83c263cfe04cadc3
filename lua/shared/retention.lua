local TRIM_CAP = 1000

-- Any other text keeps all. Every text is read once a call.
-- @text keep_policy {count:int?},{age_ms:int?},{limit:int?}
local function read_policy(policies, set, text)
  local cache = policies[set]
  if not cache then
    cache = {}
    policies[set] = cache
  end
  local policy = cache[text]
  if not policy then
    local count, age, limit = string.match(text, keep_policy.pattern)
    count, age, limit = tonumber(count), tonumber(age), tonumber(limit) or 0
    policy = { count = count, age = age, limit = limit > 0 and limit or TRIM_CAP, none = count == 0 or age == 0 }
    cache[text] = policy
  end
  return policy
end

-- A child that failed without a policy, and is waited for, ends with this.
local function forget(q, call, set, ids)
  if set == q.failed then
    rare().leave_parents(q, call, ids)
  end
  erase(q, ids, call.is_plain)
end

local function trim_by_count(q, call, set, count)
  local excess = redis.call('ZCARD', set) - count
  if excess > 0 then
    -- ZPOPMIN would give their scores too, and turn each into text.
    local last = math.min(excess, TRIM_CAP) - 1
    local ids = redis.call('ZRANGE', set, 0, last)
    redis.call('ZREMRANGEBYRANK', set, 0, last)
    forget(q, call, set, ids)
  end
end

-- The set is in the order of finishing, so the old ones come first.
local function trim_by_age(q, call, set, before, limit)
  local ids = redis.call('ZRANGE', set, 0, math.min(limit, TRIM_CAP) - 1)
  local old = {}
  for _, id in ipairs(ids) do
    local ended = try_field(q, id, 'finishedOn')
    -- One that cannot be read is as old as can be.
    if (tonumber(type(ended) == 'string' and ended or nil) or 0) >= before then
      break
    end
    old[#old + 1] = id
  end
  if #old > 0 then
    send('ZREM', set, old)
    forget(q, call, set, old)
  end
end

-- Applies each policy that a job of this call brought to the set that the job went to. One that keeps nothing was about
-- that job alone: it has not gone to the set, and says nothing about those that are there.
local function apply_policy(q, call, set, policy)
  if policy.none then
    return
  end
  if policy.age then
    trim_by_age(q, call, set, call.moves.now - policy.age, policy.limit)
  end
  if policy.count then
    trim_by_count(q, call, set, policy.count)
  end
end

local function trim_finished(q, call)
  for set, cache in pairs(call.policies) do
    for _, policy in pairs(cache) do
      apply_policy(q, call, set, policy)
    end
  end
end
