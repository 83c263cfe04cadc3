--- Lines of a job's log.
-- @key meta
-- @derives logs
-- @arg id text
-- @arg start position     first position, negative from the end
-- @arg stop position      last position, negative from the end
-- @arg descending int   1 to count and list from the end
-- @returns count:int lines*
-- @reply the number of all lines, then the lines asked for, 1000 at most
-- @cost O(K) for K lines
-- @use page

local LINES_CAP = 1000
return { redis.call('LLEN', q.logs .. id), unpack(list_page(q.logs .. id, start, stop, descending == 1, LINES_CAP)) }
