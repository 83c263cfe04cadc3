local function number_or_none(number)
  return number and string.format('%.0f', number) or ''
end

-- Fourteen parts: id, status ('' for none), jobs that wait, jobs running, weight, then of its own: concurrency, max, duration ('' none),
-- 1 when paused; starts in the window, ms left of it, ms for which it is closed by hand, groups before it in the ring, and in
-- how many ms it opens where it is limited.
local function describe_group(q, id, now)
  local group, status = read_groups(q, { id })[1], group_status(q, id)
  local count, left = window_of(group, now)
  local score = status and redis.call('ZSCORE', q.groups .. status, id)
  local opens = status == 'limited' and tonumber(score) or now
  return {
    id, status or '', redis.call('ZCARD', q.grouped .. id), group.running, group.weight or 1, number_or_none(group.concurrency),
    number_or_none(group.max), number_or_none(group.max and group.duration), group.paused and 1 or 0, count,
    left, time_left(group.closed, group.closedFor, now),
    status == 'waiting' and redis.call('ZCOUNT', q.groups .. 'waiting', '-inf', '(' .. score) or 0, math.max(opens - now, 0),
  }
end
