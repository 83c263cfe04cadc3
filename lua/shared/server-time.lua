-- Keys expire by Redis' own clock, and not by a time that is given: then they stay for so many ms longer.
local GIVEN_TIME_MS = 3600000

-- Set by each call before it is read, so that it never goes from one call to the next.
local is_given = false
-- So is this.
local called_at = 0

-- Milliseconds by Redis' clock; a positive `given` is a test driving virtual time.
local function server_time(given)
  is_given = given > 0
  if is_given then
    called_at = given
    return given
  end
  local time = redis.call('TIME')
  called_at = time[1] * 1000 + math.floor(time[2] / 1000)
  return called_at
end

-- When a key is to expire that means nothing after so many ms.
local function expiry(ms)
  return is_given and ms + GIVEN_TIME_MS or ms
end

-- The time of this call, for what is far down in it.
local function time_of_call()
  return called_at
end
