--- The ids of jobs in one state: waiting ones in the order of their turn, delayed ones by due time, active ones by lock
-- expiry, finished ones in the order of finishing, those that wait for children in that in which they began to.
-- @key meta waiting prioritized delayed active completed failed waiting-children
-- @arg state text
-- @arg start position     first position, negative from the end
-- @arg stop position      last position, negative from the end
-- @arg descending int   1 to count and list from the end
-- @reply the ids, 1000 at most
-- @cost O(log N + K) for K ids; O(N) deep in the plain list
-- @use page

if state == 'waiting' then
  return list_page(q.waiting, start, stop, descending == 1)
end
return set_page(q[state], start, stop, descending == 1)
