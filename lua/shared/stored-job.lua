-- @form stored_parts reply[n] body:text? fields:list state
-- All that is stored of a job, and its state, '' for no such job. What is kept under its keys may be something else: a body cannot be
-- read then, and there are no fields.
local function stored_job(q, id)
  local body, fields = redis.pcall('GET', q.body .. id), try_all_fields(q, id)
  return is_other(body) and '' or body, is_other(fields) and {} or fields, state_of(q, id) or ''
end
