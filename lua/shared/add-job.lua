-- @sign added new=+ there== kept=~ no_limit=! full=#
-- One new job beside a worker's other business: for a few jobs added where a worker is idle.
local function add_job(q, call, id, spec, body)
  local asked = spec ~= '' and rare().read_spec(spec) or nil
  if not asked and spec ~= '' then
    return 'unknown'
  end
  local unknown = asked and asked.unknown and asked.unknown(q, call.moves, asked.limits)
  if id ~= '' and redis.call('EXISTS', q.body .. id) == 1 then
    emit(call.events, 'duplicated', id)
    return added.there .. id
  elseif unknown then
    return added.no_limit .. unknown
  end
  if asked and asked.most_in_group and grouped().group_is_full(q, call.moves, asked) then
    return added.full .. asked.group
  end
  id = id == '' and next_number(q) or id
  local kept = asked and asked.dedup and rare().deduplicate(q, call, id, spec, asked.dedup, body)
  if kept then
    return added.kept .. kept
  end
  store_new(q, call, id, asked, body)
  return added.new .. id
end
