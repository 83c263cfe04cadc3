--- What a watcher of a job begins with: the job, and how far the events were when it was so.
-- @key meta prioritized delayed events
-- @derives job body
-- @arg id text          '' for the place in the events alone
-- @returns time:int event_number:int entry_id body:text? fields:list state
-- @reply time in ms, number of the last event, id of the last entry, body (nothing when there is no such job), stored
-- @reply fields, state ('' when there is no such job)
-- @cost O(log N)
-- @use server-time job-record state-of stored-job

local function last_entry()
  local stream = redis.pcall('XINFO', 'STREAM', q.events)
  for i = 1, #stream, 2 do
    if stream[i] == 'last-generated-id' then
      return stream[i + 1]
    end
  end
  return '0-0'
end

return {
  string.format('%.0f', server_time(0)),
  redis.call('HGET', q.meta, 'eventNumber') or '0',
  last_entry(),
  stored_job(q, id),
}
