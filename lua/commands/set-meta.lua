--- Stores the settings that a queue's scripts read.
-- @key meta
-- @arg maxEvents text   entries that the event stream may have, '' for the default; those that live readers need are kept in any case
-- @word ok
-- @cost O(1)

if maxEvents ~= '' and not whole(maxEvents) then
  return redis.error_reply('ERR maxEvents is no whole number')
elseif maxEvents == '' then
  redis.call('HDEL', q.meta, 'maxEvents')
else
  redis.call('HSET', q.meta, 'maxEvents', maxEvents)
end
return 'ok'
