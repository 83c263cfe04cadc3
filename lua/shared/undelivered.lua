-- What a caller is told of the outbox: -1 when it is empty, else for how many milliseconds another process has taken on
-- to deliver it. `lease` is the field of meta as it was before this call, 'deadline:holder'.
local function undelivered(lease, posted, now)
  if not lease then
    return posted and 0 or -1
  end
  return math.max(tonumber(string.match(lease, '^%d+')) - now, 0)
end
