-- The number that a text stands for where it is whole, not negative and exact, else nil. Whatever else becomes a number
-- could make a command of Redis fail in the middle of a script: a fraction, nan, inf, or a -0, which Redis cannot read.
local LARGEST_NUMBER = 9007199254740992

local function whole(text)
  local number = tonumber(text)
  if number and number >= 0 and number <= LARGEST_NUMBER and number % 1 == 0 then
    return number + 0
  end
  return nil
end
