--- Keeps a signal for a job, until a step takes it. A job that waits for it goes on, in front of where it waits.
-- @key meta waiting prioritized delayed active completed failed events wake limits limited holders
-- @derives job body writer limit parked groups group grouped sidelined
-- @arg now int          0 for Redis' clock
-- @arg writer text
-- @arg seq text
-- @arg id text          may name the life of the job that is meant, see `this_life`
-- @arg name text
-- @arg key text         distinguishes copies of one signal, '' for none
-- @arg payload text
-- @word ok finished missing
-- @word unchanged -- when the last signal of that name had the same key
-- @word too-many -- when the job keeps as many signals as it may
-- @cost O(log N)
-- @use server-time job-record write-record send once this-life count-up events moves wake state-of free-places take-out signals
-- @grouped time-left group-records groups group-moves

local session = q.writer .. writer
local known = recall(session, seq)
if known then
  return known
end
id = this_life(q, id)

local call = { moves = new_moves(server_time(now)), events = new_events() }
local meta = redis.call('HMGET', q.meta, 'paused', 'maxEvents')
local state = state_of(q, id)
local fields = job_fields(q, id, 'signal:' .. name, 'awaits', 'priority')
local last_key = fields[1] and string.match(fields[1], '^[^\t]*')
local wait = fields[2] and read_awaits(fields[2])
-- A worker that holds the job looks for the signal itself.
local entry = wait and job_field(q, id, 'step:' .. wait.name)
local awaits_it = wait and is_entry(entry) and wait.signal == name and state ~= 'active'
local word = 'ok'
if not state then
  word = 'missing'
elseif state == 'completed' or state == 'failed' then
  word = 'finished'
elseif key ~= '' and key == last_key then
  word = 'unchanged'
elseif not fields[1] and not awaits_it and has_most_signals(q, id) then
  word = 'too-many'
end

local function let_go_on()
  if state == 'delayed' then
    take_out(q, id, state)
    redis.call('HSET', q.job .. id, 'state', place(call.moves, id, fields[3], true), 'delay', 0)
    write_moves(q, call.moves)
    emit(call.events, 'waiting', id .. '\tdelayed')
    if not meta[1] then
      wake_one(q)
    end
  end
end

if word == 'ok' then
  emit(call.events, 'signalled', id .. '\t' .. name)
  as_hash(q, id)
  if awaits_it then
    take_signal(q, id, name, key)
    settle_wait(q, call, id, wait.name, entry, wait.next_step, payload)
    let_go_on()
  else
    redis.call('HSET', q.job .. id, 'signal:' .. name, key .. '\t' .. payload)
    if fields[2] and not is_entry(entry) then
      -- Nobody can say what it waits for: its next worker fails it.
      let_go_on()
    end
  end
  publish(q.events, call.events, meta[2])
end
remember(session, seq, word)
return word
