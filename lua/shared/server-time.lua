-- Keys expire by Redis' own clock, and not by a time that is given: then they stay for so many ms longer.
local sweep_later = 0

-- Milliseconds by Redis' clock; a positive `given` is a test driving virtual time.
local function server_time(given)
  if given > 0 then
    sweep_later = 3600000
    return given
  end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
