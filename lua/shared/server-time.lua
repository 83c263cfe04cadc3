-- Keys expire by Redis' own clock, and not by a time that is given: then they stay for so many ms longer.
local GIVEN_TIME_MS = 3600000

-- Set by each call before it is read, so that it never goes from one call to the next.
local is_given = false

-- Milliseconds by Redis' clock; a positive `given` is a test driving virtual time.
local function server_time(given)
  is_given = given > 0
  if is_given then
    return given
  end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- When a key is to expire that means nothing after so many ms.
local function expiry(ms)
  return is_given and ms + GIVEN_TIME_MS or ms
end
