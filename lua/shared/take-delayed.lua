-- Ends a delay. The job may have been delayed by this very call, and not be in its set yet. It may have been the first
-- one due, too.
local function take_delayed(q, moves, id)
  moves.undelayed = true
  if redis.call('ZREM', q.delayed, id) == 0 then
    for i, entry in ipairs(moves.delayed or {}) do
      if entry.id == id then
        table.remove(moves.delayed, i)
        moves.delayed = moves.delayed[1] and moves.delayed
        break
      end
    end
  end
end
