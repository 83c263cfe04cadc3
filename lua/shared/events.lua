-- The events of one call become one stream entry: written one by one they cost more than all else together. Only a call
-- whose events alternate more often than Lua's unpack can take has more than one.
-- A field of the entry is a run of events of one name, its value their lines, columns split by tabs. The first field
-- numbers the events: a reader that finds a number missing knows that it missed something, and how much.
local DEFAULT_MAX_EVENTS = '10000'
local MAX_PARTS = 4000

local function new_events()
  return { pairs = {}, count = 0, before = nil, name = nil, lines = nil }
end

-- The line of a new job says that it is there and where; that of a step that has completed also that the next one has started, or the job completed.
local function weight_of(name)
  return (name == 'added' or name == 'step-passed' or name == 'steps-completed') and 2 or 1
end

local function close_run(events)
  if events.name then
    local pairs = events.pairs
    local lines, n = events.lines, #pairs
    if n > 0 and n % MAX_PARTS == 0 then
      events.before = events.before or { 0 }
      events.before[#events.before + 1] = events.count
    end
    pairs[n + 1] = events.name
    pairs[n + 2] = lines[2] and table.concat(lines, '\n') or lines[1]
    events.count = events.count + #lines * weight_of(events.name)
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

-- Events are for notifying, not for keeping: a large payload is left out, and stays with its job.
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

-- As text, since turning numbers into text is dear. `cap` is the stored limit of entries, false when none was set.
local function most_events(cap)
  local most = cap and whole(cap)
  if not most then
    return DEFAULT_MAX_EVENTS
  end
  return string.format('%.0f', math.max(most, LIVE_EVENTS))
end

-- What an obliterated queue left to expire lives on with the next queue of that name.
local function keep_alive(stream, first)
  if first == 1 then
    redis.call('PERSIST', stream)
  end
end

-- Events before the only entry of a call.
local ONE_ENTRY = { 0 }

local function publish(stream, events, cap)
  close_run(events)
  if events.count > 0 then
    local max = most_events(cap)
    local first = count_up(meta_of(stream), 'eventNumber', events.count, true) - events.count + 1
    keep_alive(stream, first)
    for part, before in ipairs(events.before or ONE_ENTRY) do
      local from = (part - 1) * MAX_PARTS + 1
      local to = math.min(from + MAX_PARTS - 1, #events.pairs)
      redis.call(
        'XADD', stream, 'MAXLEN', '~', max, '*', '#', first + before, unpack(events.pairs, from, to)
      )
    end
  end
end

-- Runs of events of a call that gathers them itself, names and lines in turn, after so many events. The caller counts and stores the number of the last, see `weight_of`.
local function publish_runs(stream, number, cap, ...)
  keep_alive(stream, number + 1)
  redis.call('XADD', stream, 'MAXLEN', '~', most_events(cap), '*', '#', number + 1, ...)
end
