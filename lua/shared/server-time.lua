-- Milliseconds by Redis' clock; a positive `given` is a test driving virtual time.
local function server_time(given)
  if given > 0 then
    return given
  end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
