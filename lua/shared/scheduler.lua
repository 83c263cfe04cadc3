-- A scheduler is the hash `scheduler:<id>`; see "Schedulers" in the README. It has at most one job that is to come, its
-- `job`, and that job knows it by its field `scheduler`. When that job starts, the same script adds the next one, so
-- that no crash comes between.
local TRIES = 32
local FEW_SLOTS = 2
-- Where `read_scheduler` has numbers.
local NUMBERS = { 4, 7, 8, 9, 10, 11, 14, 16, 17 }

local function digits(number)
  return string.format('%.0f', number)
end

local function job_of(s, slot)
  return 'repeat:' .. s.id .. ':' .. digits(slot)
end

-- Whether what scripts compute with is what they have written.
local function is_record(s)
  local TOO_LONG = '%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d'
  return s.data and s.asked and s.made and s.count and s.slot and s.most and s.spread and s.jitter and s.every ~= 0
    and string.find(s.head, '\n', 1, true) and not string.find(s.slots, '[^%d,]') and not string.find(s.slots, TOO_LONG)
    and (s.job == '' or s.job == job_of(s, s.slot))
end

-- A record that was changed from outside ends its scheduler, and holds up nobody: it goes to the list `unreadable`. Returns the id of
-- its job that is to come, '' where that cannot be known. Its code is still noted: what is in code is made anew.
local function lay_aside_scheduler(q, id)
  local key = q.scheduler .. id
  local fields = redis.pcall('HGETALL', key)
  local text = is_other(fields) and redis.call('TYPE', key).ok or table.concat(fields, '\31')
  lay_aside(q, 'scheduler:' .. id .. '\31' .. text)
  local job = not is_other(fields) and redis.call('HGET', key, 'job') or ''
  redis.call('UNLINK', key)
  for _, list in ipairs({ 'next', 'unplanned' }) do
    redis.call('ZREM', q.schedulers .. list, id)
  end
  local is_own = string.find(job, 'repeat:' .. id .. ':', 1, true) == 1 and try_field(q, job, 'scheduler') == id
  return is_own and job or ''
end

-- Nil for no such scheduler. One that cannot be read is laid aside, and its job returned too.
local function read_scheduler(q, id)
  local f = redis.pcall(
    'HMGET', q.scheduler .. id, 'head', 'data', 'spec', 'every', 'slots', 'complete', 'ends', 'limit', 'made', 'count',
    'slot', 'job', 'missed', 'most', 'overlap', 'spread', 'jitter', 'paused', 'last'
  )
  if is_other(f) then
    return nil, lay_aside_scheduler(q, id)
  elseif not f[1] and redis.call('EXISTS', q.scheduler .. id) == 0 then
    return nil
  end
  local is_read = f[1]
  for _, at in ipairs(NUMBERS) do
    is_read = is_read and (not f[at] or whole(f[at]))
  end
  local s = is_read and {
    id = id, head = f[1], data = f[2], spec = f[3], asked = read_spec(f[3] or ''), every = tonumber(f[4] or nil), slots = f[5] or '',
    complete = f[6], ends = tonumber(f[7] or nil), limit = tonumber(f[8] or nil), made = tonumber(f[9] or nil),
    count = tonumber(f[10] or nil), slot = tonumber(f[11] or nil), job = f[12] or '', missed = f[13], most = tonumber(f[14] or nil),
    overlap = f[15], spread = tonumber(f[16] or nil), jitter = tonumber(f[17] or nil), paused = f[18], last = f[19],
  }
  if not s or not is_record(s) then
    return nil, lay_aside_scheduler(q, id)
  end
  return s
end

-- How much later than its slot a job is due: the same for a slot whoever asks.
local function shift_of(s, slot)
  if s.jitter == 0 then
    return s.spread
  end
  return s.spread + tonumber(string.sub(redis.sha1hex(s.id .. ':' .. digits(slot)), 1, 8), 16) % (s.jitter + 1)
end

-- Of the slots that have passed, how many are left out.
local function left_out(s, passed)
  if s.missed == 'all' then
    return math.max(passed - s.most, 0)
  end
  return s.missed == 'last' and math.max(passed - 1, 0) or passed
end

local function split_slots(text)
  local slots = {}
  for slot in string.gmatch(text, '%d+') do
    slots[#slots + 1] = tonumber(slot)
  end
  return slots
end

-- The next slot after the current one, those that have passed judged by `missed`. Nil and 'unplanned' when the client has to
-- say first which ones follow, nil and 'over' when none does. Notes on `s` what is left out.
local function next_slot(s, now)
  local behind = now - s.spread
  if s.every then
    local first = s.slot + s.every
    local passed = behind > first and math.ceil((behind - first) / s.every) or 0
    local dropped = left_out(s, passed)
    if dropped > 0 then
      s.gap = { count = dropped, from = first, to = first + (dropped - 1) * s.every }
    end
    return first + dropped * s.every
  end
  local slots = split_slots(s.slots)
  local passed = 0
  while slots[passed + 1] and slots[passed + 1] < behind do
    passed = passed + 1
  end
  if passed == #slots and not s.complete then
    return nil, 'unplanned'
  end
  local dropped = left_out(s, passed)
  if dropped > 0 then
    s.gap = { count = dropped, from = slots[1], to = slots[dropped] }
  end
  local slot = slots[dropped + 1]
  s.slots = table.concat(slots, ',', dropped + 2)
  s.left = #slots - dropped - 1
  if not slot then
    return nil, 'over'
  end
  return slot
end

-- Goes on to a slot that no job has yet: one that was run early, or is kept from before, is no reason to stop, nor to run
-- it again. `first` is a slot that is not judged; `own` a job that is about to go. Nothing is written.
local function pick_slot(q, s, now, first, own)
  if s.limit and s.made >= s.limit then
    return nil, 'over'
  end
  for _ = 1, TRIES do
    local slot, why = first, nil
    first = nil
    if not slot then
      slot, why = next_slot(s, now)
    end
    if not slot then
      return nil, why
    elseif s.ends and slot > s.ends then
      return nil, 'over'
    end
    s.slot = slot
    local id = job_of(s, slot)
    if id == own or redis.call('EXISTS', q.body .. id, q.job .. id) == 0 then
      return slot
    end
    s.taken = s.taken or {}
    s.taken[#s.taken + 1] = slot
  end
  return nil, 'taken'
end

-- Emits the slots that were left out or had a job.
local function emit_left_out(call, s)
  if s.gap then
    emit(call.events, 'schedule-missed', table.concat({ s.id, s.gap.count, digits(s.gap.from), digits(s.gap.to) }, '\t'))
    s.gap = nil
  end
  for _, slot in ipairs(s.taken or {}) do
    emit(call.events, 'schedule-skipped', table.concat({ s.id, job_of(s, slot), digits(slot), 'taken' }, '\t'))
  end
  s.taken = nil
end

-- The stored form of a job, without its first line.
local function body_of(s, slot)
  return s.head .. digits(s.made) .. '},"prevMillis":' .. digits(slot) .. '}\n' .. s.data
end
