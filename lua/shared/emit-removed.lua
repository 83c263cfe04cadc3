-- A job that leaves before it has come to an end is an event, whatever removed it: who follows it would wait for ever.
-- The last event of a finished one has been emitted. Many jobs are one run of lines, in the one entry of the call.
local function emit_removed(events, state, ids)
  if state ~= 'completed' and state ~= 'failed' then
    for _, id in ipairs(ids) do
      emit(events, 'removed', id .. '\t' .. state)
    end
  end
end
