-- What a new job asks of the engine: 'delayMs,priority,front,timestamp', then '@weight,maxSize,id' and the control character 30
-- where it is of a group ('w' before maxSize where that stops a whole call), ';name;name' for its limits, with '?' in place
-- of the first ';' where it waits for those that are not there, and ',ttl,flags,id' where it is deduplicated; '' when it asks for
-- nothing. Returns nil for a text that cannot be read.
-- @with grouped_priority
-- @text spec {delay:int?},{priority:int?},{front:flag?},{timestamp:int?}{*}
-- @text spec_group @{weight:int?},{mark:letters?}{max_size:int?},{id:name}\30{*}
-- @text spec_limits {how:[;?]}{names:[^,]+}{*}
-- @text spec_dedup ,{ttl:int?},{flags:letters?},{id:any}
local function read_spec(asked)
  local delay, priority, front, timestamp, rule = string.match(asked, spec.pattern)
  local weight, mark, most, group, of_group = string.match(rule or '', spec_group.pattern)
  if group then
    rule = of_group
  end
  local how, names, after = string.match(rule or '', spec_limits.pattern)
  rule = how and after or rule
  local ttl, flags, dedup_id = string.match(rule or '', spec_dedup.pattern)
  if not rule or (rule ~= '' and not dedup_id) then
    return nil
  end
  for _, number in ipairs({ delay, priority, timestamp, ttl, weight or '', most or '' }) do
    if number ~= '' and not whole(number) then
      return nil
    end
  end
  if group then
    priority = string.format(grouped_priority.format, priority == '' and '0' or priority, weight, group)
  end
  return {
    delay = tonumber(delay) or 0,
    priority = priority ~= '' and priority or nil,
    front = front == '1',
    timestamp = timestamp ~= '' and timestamp or nil,
    limits = names and string.gsub(names, ';', ',') or nil,
    await = await_limits,
    unknown = how == ';' and unknown_limit or nil,
    group = group, most_in_group = group and tonumber(most) or nil, as_whole = mark == 'w',
    dedup = dedup_id and { id = dedup_id, ttl = tonumber(ttl), flags = flags },
  }
end
