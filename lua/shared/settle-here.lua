local ENDS_AT_ONCE = 500

local function settle_one(q, call, base, entry)
  local parent, id, policy, ended = unpack(entry)
  if policy then
    return apply_to(q, call, parent, settle_child, q, call, parent, base, id, policy, ended)
  end
  return apply_to(q, call, parent, relink_child, q, call, parent, base, id)
end

-- One by one where an entry has a fault, which costs none but the child that it is about.
local function settle_gathered(q, call, base, ends)
  local parent = ends[1][1]
  local entries = #ends > 1 and completed_entries(q, parent, base, ends)
  if not entries then
    for _, entry in ipairs(ends) do
      settle_one(q, call, base, entry)
    end
  elseif #entries > 0 then
    apply_to(q, call, parent, settle_completed, q, call, parent, entries)
  end
end

-- Settles ends of children: { parent, id, policy, outcome and payload }, or { parent, id } of one that runs again. Those of one parent that
-- have completed are settled together, at the last of them: parents come to run in the same order as if it were one by one.
local function settle_all(q, call, base, ends)
  local last, gathered = {}, {}
  for i, entry in ipairs(ends) do
    last[entry[1]] = i
  end
  for i, entry in ipairs(ends) do
    local parent, is_completed = entry[1], entry[4] and string.byte(entry[4]) == 99 -- 'c'
    local own = gathered[parent]
    if is_completed then
      own = own or {}
      own[#own + 1] = entry
      gathered[parent] = own
    end
    if own and (not is_completed or last[parent] == i or #own == ENDS_AT_ONCE) then
      settle_gathered(q, call, base, own)
      gathered[parent] = nil
    end
    if not is_completed then
      settle_one(q, call, base, entry)
    end
  end
end

-- Applies what `notify_parent` has noted for parents in this queue. To be called when the call's own moves are written: a
-- parent may be among them. Returns the moves that came of it, if any.
local function settle_here(q, call, now)
  if not call.ends then
    return nil
  end
  local own = { moves = new_moves(now), events = call.events, drains = call.drains }
  settle_all(q, own, call.base, call.ends)
  write_moves(q, own.moves)
  call.ends = nil
  return own.moves
end

-- For calls that start no jobs themselves.
local function settle_and_wake(q, call, now, paused)
  local moves = settle_here(q, call, now)
  if moves then
    wake_for(q, moves, paused)
  end
end
