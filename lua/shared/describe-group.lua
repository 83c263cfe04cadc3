local function number_or_none(number)
  return number and string.format('%.0f', number) or ''
end

-- Of its own are concurrency, max and duration; starts are those in its window, `window_ms` what is left of it, `closed_ms` for how long it
-- is closed by hand, `ahead` how many groups are before it in the ring, `sidelined` how many of its jobs wait for limits.
-- @form group_parts reply[] id status waiting:int active:int weight:int concurrency:maybe max:maybe duration:maybe is_paused:yes started:int window_ms:int closed_ms:int ahead:int opens_in_ms:int sidelined:int
local function describe_group(q, id, now)
  local group, status = read_groups(q, { id })[1], group_status(q, id)
  local count, left = window_of(group, now)
  local score = status and redis.call('ZSCORE', q.groups .. status, id)
  local opens = status == 'limited' and tonumber(score) or now
  local reply = {}
  group_parts.all =
    id, status or '', redis.call('ZCARD', q.grouped .. id), group.running, group.weight or 1, number_or_none(group.concurrency),
    number_or_none(group.max), number_or_none(group.max and group.duration), group.paused and 1 or 0, count,
    left, time_left(group.closed, group.closedFor, now),
    status == 'waiting' and redis.call('ZCOUNT', q.groups .. 'waiting', '-inf', '(' .. score) or 0, math.max(opens - now, 0),
    redis.call('ZCARD', q.sidelined .. id)
  return reply
end
