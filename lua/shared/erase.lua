-- Every key that a job owns. What gives a job another key adds it here. `is_plain` says that no job of the queue has had more than
-- a body and a record, see `has_extras`.
local function erase(q, ids, is_plain)
  local keys = {}
  for _, id in ipairs(ids) do
    local n = #keys
    keys[n + 1] = q.body .. id
    keys[n + 2] = q.job .. id
    if not is_plain then
      keys[n + 3] = q.logs .. id
      keys[n + 4] = q.children .. id
    end
  end
  send_keys('UNLINK', keys)
end
