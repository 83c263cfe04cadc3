-- One new job beside a worker's other business: for a few jobs added where a worker is idle.
local function add_job(q, call, id, spec, body)
  local asked = spec ~= '' and rare().read_spec(spec) or nil
  if not asked and spec ~= '' then
    return 'unknown'
  end
  if id == '' then
    id = next_number(q)
  elseif redis.call('EXISTS', q.body .. id) == 1 then
    emit(call.events, 'duplicated', id)
    return '=' .. id
  end
  local kept = asked and asked.dedup and rare().deduplicate(q, call, id, spec, asked.dedup, body)
  if kept then
    return '~' .. kept
  end
  store_new(q, call, id, asked, body)
  return '+' .. id
end
