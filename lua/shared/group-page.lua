-- Jobs that wait, where some do in groups: those that have none first, as their turns come, then group by group.
local function page_with_groups(q, start, stop, descending, cap)
  local span = string.format('(%.0f', CLASS_SPAN)
  local ahead = redis.call('LLEN', q.waiting) + redis.call('ZCOUNT', q.limited, '-inf', span)
  local total = ahead + tonumber(redis.call('HGET', q.meta, 'groups'))
  local from, to = page_bounds(total, start, stop, cap)
  if not from then
    return {}
  end
  if descending then
    from, to = total - 1 - to, total - 1 - from
  end
  local ids = from < ahead and page_with_limited(q, 'waiting', from, math.min(to, ahead - 1), false, cap) or {}
  local before = ahead
  for _, status in ipairs({ 'waiting', 'limited', 'maxed', 'paused' }) do
    local at = 0
    local groups = before <= to and redis.call('ZRANGE', q.groups .. status, at, at + cap - 1) or {}
    while #groups > 0 do
      for _, group in ipairs(groups) do
        local size = before <= to and redis.call('ZCARD', q.grouped .. group) or 0
        if size > 0 and before + size > from and before <= to then
          local first, last = math.max(from - before, 0), to - before
          for _, id in ipairs(redis.call('ZRANGE', q.grouped .. group, first, last)) do
            ids[#ids + 1] = id
          end
        end
        before = before + size
      end
      at = at + #groups
      groups = before <= to and redis.call('ZRANGE', q.groups .. status, at, at + cap - 1) or {}
    end
  end
  return descending and reversed(ids) or ids
end
