-- Of a call's moves, none of a job whose entry has failed half way.
local function forget_moves(moves, id)
  for name, list in pairs(moves) do
    if type(list) == 'table' then
      for i = #list, 1, -1 do
        if list[i] == id or (type(list[i]) == 'table' and list[i].id == id) then
          table.remove(list, i)
        end
      end
      if #list == 0 then
        moves[name] = nil
      end
    end
  end
end

local function is_held(q, id, token)
  local held = try_field(q, id, 'token')
  return redis.call('ZSCORE', q.active, id) and (held == token or type(held) == 'table')
end

-- An entry of a commit has failed for what is stored of its job. Of what would end or go on with a run, the job fails with what can
-- be written. Returns the entry's word.
local function set_aside(q, call, id, token, ends_run, failure)
  throw_unless_unreadable(failure)
  if not ends_run or not is_held(q, id, token) then
    return 'unreadable'
  end
  forget_moves(call.moves, id)
  renew_fields(q, id)
  as_hash(q, id)
  redis.call('HDEL', q.job .. id, 'deferred', 'awaits')
  redis.call('HSET', q.job .. id, 'state', 'failed', 'finishedOn', call.moves.stamp, 'failedReason', REASON)
  move(call.moves, 'released', id)
  move(call.moves, 'failed', id)
  emit(call.events, 'failed', id .. '\t' .. REASON)
  local link = job_field(q, id, 'parent')
  if link then
    notify_parent(q, call, link, id, 'f', REASON)
  end
  return 'unreadable'
end
