-- A job of a flow whose id is taken: the job that is there becomes the child, and notifies of its end at once if it has ended.
-- One that another parent waits for cannot: that child counts as failed.
local function link_node(q, call, node)
  local id, link = node.id, node.link
  emit(call.events, 'duplicated', id)
  if node.count > 0 then
    expect_children(q, id, node.count, node.refs)
  end
  if link == '' then
    return
  end
  local state = state_of(q, id)
  local fields = job_fields(q, id, 'parent', 'result', 'failedReason')
  local old = fields[1]
  local same = old and string.sub(old, 2) == string.sub(link, 2)
  local ended = state == 'completed' or (state == 'failed' and (not old or string.sub(old, 1, 1) ~= '-'))
  if old and not same and not ended then
    -- Without a policy the parent would wait for what can never come.
    local counted = string.gsub(link, '^%-', 'f')
    notify_parent(q, call, counted, id, 'f', '"There is a job with this id already, and another parent waits for it."')
    return
  end
  if not same then
    as_hash(q, id)
    redis.call('HSET', q.job .. id, 'state', state, 'parent', link)
  end
  if state == 'completed' then
    notify_parent(q, call, link, id, 'c', fields[2] or 'null')
  elseif state == 'failed' then
    notify_parent(q, call, link, id, 'f', fields[3] or '""')
  end
end
