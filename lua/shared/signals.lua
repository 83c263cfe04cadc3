-- Signals are loaded with their job, again at each start.
local MOST_SIGNALS = 1000

-- Whether a job keeps as many signals as it may. They are counted where it has more fields than that: few jobs have.
local function has_most_signals(q, id)
  local key, count = q.job .. id, 0
  if record_text(q, id) or redis.call('HLEN', key) < MOST_SIGNALS then
    return false
  end
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 7) == 'signal:' then
      count = count + 1
    end
  end
  return count >= MOST_SIGNALS
end

-- A signal is kept as its key, a tab and its payload. One that was taken leaves its key, so that a copy of it is known.
local function kept_signal(stored)
  return string.match(stored or '', '^([^\t]*)\t(.+)$')
end

local function take_signal(q, id, signal, key)
  if key == '' then
    redis.call('HDEL', q.job .. id, 'signal:' .. signal)
  else
    redis.call('HSET', q.job .. id, 'signal:' .. signal, key .. '\t')
  end
end

-- What a job waits for: until when, in which step, where it goes on, and the name of the signal. Nothing where that cannot be read.
-- @stored awaited_signal {due:int}\t{step:column}\t{next_step:column}\t{signal:any}
-- @with stored_step
local function read_awaits(awaits)
  local due, name, next_step, signal = string.match(awaits, awaited_signal.pattern)
  return due and { due = tonumber(due), name = name, next_step = next_step, signal = signal }
end

local function is_entry(entry)
  return entry and string.find(entry, stored_step.pattern) ~= nil
end

-- Ends a step's wait: with the payload of the signal, or with none when it took too long.
local function settle_wait(q, call, id, name, entry, next_step, payload)
  local order, visit, _, attempt, started = string.match(entry, stored_step.pattern)
  redis.call(
    'HSET', q.job .. id, 'step', next_step,
    'step:' .. name, string.format(stored_step.format, order, visit, 'c', attempt, started, call.moves.stamp),
    'value:' .. name, payload and 's' .. payload or 't'
  )
  redis.call('HDEL', q.job .. id, 'awaits', 'stalls')
  emit(call.events, 'step-completed', id .. '\t' .. name .. '\t' .. attempt .. '\t')
end
