-- The events of one call become one stream entry: written one by one they cost more than all else together. Only a call
-- whose events alternate more often than Lua's unpack can take has more than one.
-- A field of the entry is a run of events of one name, its value their lines, columns split by tabs. The first field
-- numbers the events: a reader that finds a number missing knows that it missed something, and how much.
local DEFAULT_MAX_EVENTS = 10000
local MAX_PARTS = 4000

local function new_events()
  return { pairs = {}, before = {}, count = 0, name = nil, lines = nil }
end

local function close_run(events)
  if events.name then
    local pairs = events.pairs
    if #pairs % MAX_PARTS == 0 then
      events.before[#events.before + 1] = events.count
    end
    pairs[#pairs + 1] = events.name
    pairs[#pairs + 1] = table.concat(events.lines, '\n')
    -- The line of a new job tells that it is there and where.
    events.count = events.count + #events.lines * (events.name == 'added' and 2 or 1)
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

-- The number of the last event, kept beside the stream, as it outlives it.
local function meta_of(stream)
  return string.sub(stream, 1, -#'events' - 1) .. 'meta'
end

-- Readers are given what is in the stream after the script has ended, so with nothing kept nobody would learn anything.
local LIVE_EVENTS = 100

-- `cap` is the stored limit of entries, false when none was set.
local function publish(stream, events, cap)
  close_run(events)
  if events.count > 0 then
    local max = math.max(cap and whole(cap) or DEFAULT_MAX_EVENTS, LIVE_EVENTS)
    local first = count_up(meta_of(stream), 'told', events.count, true) - events.count + 1
    if first == 1 then
      -- What an obliterated queue left to expire lives on with the next queue of that name.
      redis.call('PERSIST', stream)
    end
    for part, before in ipairs(events.before) do
      local from = (part - 1) * MAX_PARTS + 1
      local to = math.min(from + MAX_PARTS - 1, #events.pairs)
      redis.call('XADD', stream, 'MAXLEN', '~', max, '*', '#', first + before, unpack(events.pairs, from, to))
    end
  end
end
