-- What to do where a record was changed from outside, so that it cannot be read: its job fails, and nothing else does.
local REASON = '"The stored job cannot be read: a field or a key of it was changed from outside."'

-- A script that gives up an entry for what is stored says so by this error.
local function refuse_record(what)
  error('UNREADABLE: ' .. what, 0)
end

local FAULTS = {
  'UNREADABLE', 'WRONGTYPE', 'not an integer', 'not a valid float', 'would overflow', 'attempt to', 'bad argument', 'invalid value',
}

-- Whether a script has failed for what is stored, and not for the state of the server.
local function is_unreadable(failure)
  local text = type(failure) == 'table' and failure.err or tostring(failure)
  for _, fault in ipairs(FAULTS) do
    if string.find(text, fault, 1, true) then
      return true
    end
  end
  return false
end

local function throw_unless_unreadable(failure)
  if not is_unreadable(failure) then
    error(type(failure) == 'table' and failure.err or failure, 0)
  end
end
