-- Makes a finished job one that waits for its next run: what says how the last one ended goes. The token stays,
-- since the next one counts on from its number; a job may stall anew. Further fields to drop may follow. A completed job does its steps anew, a
-- failed one goes on where its cursor is.
local function restart(q, id, state, ...)
  as_hash(q, id)
  redis.call('HSET', q.job .. id, 'state', state)
  redis.call('HDEL', q.job .. id, 'processedOn', 'finishedOn', 'result', 'failedReason', 'stack', 'stalls', 'cancelled', 'deferred', ...)
end
