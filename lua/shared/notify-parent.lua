-- @with message
-- Notifies a parent how a child has ended: 'c' completed with a result, 'f' failed with a reason, 'r' removed. `link` is the
-- child's field `parent`: a letter for how its failure counts, then what the keys of the parent's queue begin with, a tab
-- and the parent's id. A parent in this queue learns of it in this script, by `settle_here`, another one by a message.
-- Returns nothing for a link that cannot be read: nobody can be notified then, and who takes the job next fails it.
local function read_link(link)
  local policy, base, parent = string.match(link, '^(.)([^\t]+)\t(.+)$')
  if base and string.find(base, '.:{[^{}]*}:$') or base and string.find(base, '~:$') then
    return policy, base, parent
  end
end

local function is_here(q, call, base)
  if call.base == nil then
    call.base = redis.call('HGET', q.meta, 'base')
  end
  return call.base == base
end

local function note_here(call, entry)
  call.ends = call.ends or {}
  call.ends[#call.ends + 1] = entry
end

local function notify_parent(q, call, link, id, outcome, payload)
  local known = call.link
  if not known or known.text ~= link then
    known = { text = link, read_link(link) }
    call.link = known
  end
  local policy, base, parent = known[1], known[2], known[3]
  if not base then
    return
  elseif is_here(q, call, base) then
    note_here(call, { parent, id, policy, outcome .. payload })
  else
    post_end(call, base, parent, policy, id, outcome, payload)
  end
end

-- A child that ran again counts as pending again.
local function emit_rerun(q, call, link, id)
  local _, base, parent = read_link(link)
  if not base then
    return
  elseif is_here(q, call, base) then
    note_here(call, { parent, id })
  else
    post(call, 5, base, relink.text(parent, id))
  end
end
