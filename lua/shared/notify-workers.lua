-- `notices` is a stream that every process with workers reads: what they are to know at once, also while they have no
-- room for jobs. Whoever missed a notice loses nothing but time.
local MOST_NOTICES = 1000
local NOTICE_MS = 3600000

-- `subject` is `limits`, or `cancel` with the run and how it is cancelled. Jobs that one call has started may have the same token.
-- @stored cancel_notice {id:column}\t{token:column}\t{how:any}
local function notify_workers(q, subject, text)
  redis.call('XADD', q.notices, 'MAXLEN', '~', MOST_NOTICES, '*', subject, text)
  redis.call('PEXPIRE', q.notices, NOTICE_MS)
end

local function notify_cancelled(q, id, token, how)
  notify_workers(q, 'cancel', string.format(cancel_notice.format, id, token, how))
end

-- What a change of a limit lets start, starts at once: an idle worker fetches, and one that waits for the end of a window
-- looks again.
local function limits_changed(q, paused)
  notify_workers(q, 'limits', '')
  if not paused then
    wake_one(q)
  end
end
