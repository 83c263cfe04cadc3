-- Jobs that go without having ended well are no longer waited for. To be called before their keys go.
local function leave_parents(q, call, ids)
  for _, id in ipairs(ids) do
    local fields = try_fields(q, id, 'parent', 'state')
    local link, state = fields[1], fields[2]
    -- A failed child that its parent knows of waits for nobody; one without a policy does.
    if link and state ~= 'completed' and (state ~= 'failed' or string.sub(link, 1, 1) == '-') then
      notify_parent(q, call, link, id, 'r', '')
    end
  end
end
