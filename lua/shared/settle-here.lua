-- Applies what `tell_parent` has noted for parents in this queue. To be called when the call's own moves are written: a
-- parent may be among them. Returns the moves that came of it, if any.
local function settle_here(q, call, now)
  if not call.ends then
    return nil
  end
  local own = { moves = new_moves(now), events = call.events, drains = call.drains }
  for _, entry in ipairs(call.ends) do
    local parent, id, policy, outcome, payload = unpack(entry)
    if policy then
      apply_to(q, own, parent, settle_child, q, own, parent, call.base, id, policy, outcome, payload)
    else
      apply_to(q, own, parent, relink_child, q, own, parent, call.base, id)
    end
  end
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
