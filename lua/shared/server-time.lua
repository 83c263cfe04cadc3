-- Keys expire by Redis' own clock, and not by a time that is given: then they stay for so many ms longer.
local sweep_later = 0
-- For what is rarely needed far down in a script.
local called_at = 0

-- Milliseconds by Redis' clock; a positive `given` is a test driving virtual time.
local function server_time(given)
  if given > 0 then
    sweep_later = 3600000
    called_at = given
    return given
  end
  local time = redis.call('TIME')
  called_at = time[1] * 1000 + math.floor(time[2] / 1000)
  return called_at
end
