--- All that is stored about some jobs.
-- @key meta prioritized delayed
-- @derives job body
-- @rest the ids
-- @with stored_parts
-- @returns jobs:stored_parts*
-- @reply three per job: body (nothing when there is no such job), stored fields, state ('' when there is no such job)
-- @cost O(K log N) for K jobs
-- @use job-record state-of stored-job

local reply = {}
for at = rest, #ARGV do
  local id = ARGV[at]
  local n = #reply
  stored_parts.all = stored_job(q, id)
end
return reply
