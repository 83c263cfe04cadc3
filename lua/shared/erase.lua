-- Every key that a job owns. What gives a job another key adds it here.
local function erase(q, ids)
  local keys = {}
  for _, id in ipairs(ids) do
    keys[#keys + 1] = q.body .. id
    keys[#keys + 1] = q.job .. id
    keys[#keys + 1] = q.logs .. id
    keys[#keys + 1] = q.children .. id
  end
  send_keys('UNLINK', keys)
end
