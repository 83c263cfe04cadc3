--- Puts aside messages of a flow that is too large for one call, until add-flow makes it begin. What nobody goes on with
-- is taken back.
-- @key meta staging
-- @derives staged
-- @arg now int          0 for Redis' clock
-- @arg id text          of what is staged
-- @arg count int        how many messages were put aside before
-- @arg lifetime int     milliseconds after which it is taken back
-- @rest the messages, as `advance_flow` reads them, 1000 at most
-- @word ok
-- @word gone -- when it was taken back
-- @cost O(K) for K messages
-- @use server-time send post

local STAGE_CAP = 1000
if #ARGV - rest + 1 > STAGE_CAP then
  return redis.error_reply('ERR too many messages in one call')
end

for i = rest, #ARGV do
  if not is_message(ARGV[i]) then
    return redis.error_reply('ERR a message cannot be read')
  end
end

local t = server_time(now)
local there = redis.call('LLEN', q.staged .. id)
if there < count then
  return 'gone'
end
-- More is there when this very call was made before.
if there == count then
  send('RPUSH', q.staged .. id, { unpack(ARGV, rest) })
end
redis.call('ZADD', q.staging, string.format('%.0f', t + lifetime), id)
return 'ok'
