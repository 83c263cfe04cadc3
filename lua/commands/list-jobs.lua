--- The ids of jobs in some states, as they are at one moment: waiting ones in the order of their turn (those in groups
-- last, group by group), delayed ones by due
-- time, active ones by lock expiry, finished ones in the order of finishing, those that wait for children in that in which they began to.
-- @key meta waiting prioritized delayed active completed failed waiting-children limited
-- @derives groups grouped
-- @arg start position   first position in each state, negative from the end
-- @arg stop position    last position in each state, negative from the end
-- @arg descending int   1 to count and list from the end
-- @rest the states, or 'group ' and an id for those that wait in one
-- @returns lists:list*
-- @reply the ids of each state, 5000 at most
-- @cost O(log N + K) for K ids; O(N) deep in the plain list, or among groups
-- @use moves page group-page

local LIST_CAP = 5000
local lists = {}
for at = rest, #ARGV do
  local page = ARGV[at] == 'waiting' and list_page or set_page
  local group = string.match(ARGV[at], '^group (.+)$')
  if group then
    lists[#lists + 1] = set_page(q.grouped .. group, start, stop, descending == 1, LIST_CAP)
  elseif ARGV[at] == 'waiting' and (tonumber(redis.call('HGET', q.meta, 'groups') or '') or 0) > 0 then
    lists[#lists + 1] = page_with_groups(q, start, stop, descending == 1, LIST_CAP)
  elseif (ARGV[at] == 'waiting' or ARGV[at] == 'prioritized') and redis.call('EXISTS', q.limited) == 1 then
    lists[#lists + 1] = page_with_limited(q, ARGV[at], start, stop, descending == 1, LIST_CAP)
  else
    lists[#lists + 1] = page(q[ARGV[at]], start, stop, descending == 1, LIST_CAP)
  end
end
return lists
