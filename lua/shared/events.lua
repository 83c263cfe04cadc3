-- The events of one call become one stream entry: written one by one they cost more than all else together. Only a call
-- whose events alternate more often than Lua's unpack can take has more than one.
-- A field of the entry is a run of events of one name, its value their lines, columns split by tabs.
local DEFAULT_MAX_EVENTS = 10000
local MAX_PARTS = 4000

local function new_events()
  return { pairs = {}, name = nil, lines = nil }
end

local function close_run(events)
  if events.name then
    local pairs = events.pairs
    pairs[#pairs + 1] = events.name
    pairs[#pairs + 1] = table.concat(events.lines, '\n')
  end
end

local function emit(events, name, line)
  if events.name ~= name then
    close_run(events)
    events.name = name
    events.lines = {}
  end
  local lines = events.lines
  lines[#lines + 1] = line
end

-- Events are for telling, not for keeping: a large payload is left out, and stays with its job.
local MAX_PAYLOAD = 65536

local function shown(payload)
  return #payload <= MAX_PAYLOAD and payload or ''
end

-- `cap` is the stored limit of entries, false when none was set; 0 turns the stream off.
local function publish(stream, events, cap)
  close_run(events)
  local max = tonumber(cap or DEFAULT_MAX_EVENTS)
  if max > 0 then
    for first = 1, #events.pairs, MAX_PARTS do
      local last = math.min(first + MAX_PARTS - 1, #events.pairs)
      redis.call('XADD', stream, 'MAXLEN', '~', max, '*', unpack(events.pairs, first, last))
    end
  end
end
