-- One new job beside a worker's other business: for a few jobs added where a worker is idle.
local function add_job(q, call, id, spec, body)
  if id == '' then
    id = string.format('%.0f', redis.call('HINCRBY', q.meta, 'id', 1))
  elseif redis.call('EXISTS', q.body .. id) == 1 then
    emit(call.events, 'duplicated', id)
    return '=' .. id
  end
  local created, event = place_new(q, call.moves, id, spec, body)
  redis.call('SET', q.body .. id, created .. '\n' .. body)
  emit(call.events, 'added', event)
  return '+' .. id
end
