-- Tells a parent how a child has ended: 'c' completed with a result, 'f' failed with a reason, 'r' removed. `link` is the
-- child's field `parent`: a letter for how its failure counts, then what the keys of the parent's queue begin with, a tab
-- and the parent's id.
local function tell_parent(call, link, id, outcome, payload)
  local policy, base, parent = string.match(link, '^(.)(.-)\t(.*)$')
  post(call, '', 5, base, table.concat({ 'settle', parent, id, policy, outcome, payload }, SEPARATOR))
end

-- A child that ran again counts as pending again.
local function tell_rerun(call, link, id)
  local base, parent = string.match(link, '^.(.-)\t(.*)$')
  post(call, '', 5, base, table.concat({ 'relink', parent, id }, SEPARATOR))
end
