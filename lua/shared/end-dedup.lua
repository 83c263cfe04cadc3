-- A job removed by hand ends its deduplication, ttl or not; what was kept for after it is added now. To be called before
-- its keys go.
local function end_dedup(q, call, ids)
  for _, id in ipairs(ids) do
    local dedup_id = try_field(q, id, 'dedup')
    if type(dedup_id) == 'string' and redis.pcall('HGET', q.dedup .. dedup_id, 'owner') == id then
      redis.call('HDEL', q.dedup .. dedup_id, 'until')
      release_dedup(q, call, dedup_id, id)
    end
  end
end
