-- Counts the jobs that have ended, in one point for each minute. The running minute has none yet; minutes in which no job
-- ended get theirs, 0, when the next one ends.
local MINUTE_MS = 60000

-- The events that say so, the second one of a job that ends with its last step.
local ENDS = { completed = { 'completed', 'steps-completed' }, failed = { 'failed' } }

-- How many lines the events of one call have of that name.
local function lines_of(events, name)
  local count = events.name == name and #events.lines or 0
  for i = 1, #events.pairs, 2 do
    if events.pairs[i] == name then
      local _, breaks = string.gsub(events.pairs[i + 1], '\n', '')
      count = count + breaks + 1
    end
  end
  return count
end

-- The points of the minutes since `minute`, the newest first: what was counted in it, then nothing.
local function add_points(key, counted, gone, cap)
  local points = {}
  for i = 1, math.min(gone - 1, cap) do
    points[i] = '0'
  end
  if gone - 1 < cap then
    redis.call('LPUSH', key, counted)
  end
  send('LPUSH', key, points)
  redis.call('LTRIM', key, 0, cap - 1)
end

-- `cap` is the stored number of points to keep. Nothing is counted where it cannot be read.
local function count_ends(q, events, cap, now)
  cap = whole(cap)
  if not cap then
    return
  end
  local minute = math.floor(now / MINUTE_MS)
  for _, state in ipairs({ 'completed', 'failed' }) do
    local ended = 0
    for _, name in ipairs(ENDS[state]) do
      ended = ended + lines_of(events, name)
    end
    if ended > 0 then
      local known = redis.call('HMGET', q.metrics, state, state .. 'Minute', state .. 'Before')
      local count = tonumber(known[1] or nil) or 0
      local last = tonumber(known[2] or nil) or minute
      local before = tonumber(known[3] or nil) or 0
      if minute > last and cap > 0 then
        add_points(q[state .. '-points'], string.format('%.0f', count - before), minute - last, cap)
      end
      if minute > last or not known[2] then
        redis.call('HSET', q.metrics, state .. 'Minute', string.format('%.0f', minute), state .. 'Before',
          string.format('%.0f', count))
      end
      redis.call('HSET', q.metrics, state, string.format('%.0f', count + ended))
    end
  end
end
