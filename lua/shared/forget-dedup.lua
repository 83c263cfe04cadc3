-- Jobs swept out with their queue end their deduplications, and what was kept for after them goes too. To be called
-- before their keys go.
local function forget_dedup(q, ids)
  for _, id in ipairs(ids) do
    local dedup_id = try_field(q, id, 'dedup')
    if type(dedup_id) == 'string' and redis.pcall('HGET', q.dedup .. dedup_id, 'owner') == id then
      redis.call('UNLINK', q.dedup .. dedup_id)
    end
  end
end
