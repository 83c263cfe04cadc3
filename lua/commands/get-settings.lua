--- What a queue was set to.
-- @key meta
-- @returns is_paused:yes max_events:maybe metric_points:maybe
-- @reply 1 when it is paused, else 0; how many entries its event stream may have, '' for the default; how many points its
--        metrics keep, '' for none
-- @cost O(1)

local known = redis.call('HMGET', q.meta, 'paused', 'maxEvents', 'metrics')
return { known[1] and 1 or 0, known[2] or '', known[3] or '' }
