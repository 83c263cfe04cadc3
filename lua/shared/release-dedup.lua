-- Adds the job that was kept for after the owner. Its id may have been taken meanwhile: it then gets a number.
local function add_kept(q, call, dedup_id, kept)
  local id = redis.call('EXISTS', q.body .. kept[1]) == 0 and kept[1] or next_number(q)
  local asked = read_spec(kept[2]) or read_spec(',,,')
  redis.call('HSET', q.dedup .. dedup_id, 'owner', id)
  store_new(q, call, id, asked, kept[3])
end

-- The job of a slot that was held until the run before it is over, see `admit`.
local function let_in_held(q, call, dedup_id, id)
  local fields = try_fields(q, id, 'state', 'priority', 'scheduler')
  -- One that cannot be read fails when it looks again by itself. Another job may have its id since.
  if fields[1] ~= 'delayed' or not fields[3] or 'repeat:' .. fields[3] ~= dedup_id then
    return
  end
  take_delayed(q, call.moves, id)
  redis.call('HSET', q.dedup .. dedup_id, 'owner', id)
  redis.call('HSET', q.job .. id, 'state', place(call.moves, id, fields[2], false), 'dedup', dedup_id)
  emit(call.events, 'waiting', id .. '\tdelayed')
end

-- Ends what the owner of a key protected: a key with a ttl stays, and the job kept for after the owner is added.
local function release_dedup(q, call, dedup_id, owner)
  local key = q.dedup .. dedup_id
  local stored = redis.call('HMGET', key, 'owner', 'until', 'nextId', 'nextSpec', 'nextBody', 'held')
  if stored[1] ~= owner or (tonumber(stored[2] or nil) or 0) > call.moves.now then
    return
  end
  redis.call('DEL', key)
  if stored[3] and stored[4] and stored[5] then
    add_kept(q, call, dedup_id, { stored[3], stored[4], stored[5] })
  elseif stored[6] then
    let_in_held(q, call, dedup_id, stored[6])
  end
end
