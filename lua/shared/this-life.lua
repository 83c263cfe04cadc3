-- A job's number is given again when Redis has lost data, and an id that a user chose when the job is gone. So an id may come
-- with the life that is meant: `<id>`, the control character 31, its time of creation. Returns the id, or one that no job has
-- when another life has it now. A body that cannot be read is of no life, and whoever reads it says so.
local function this_life(q, named)
  local at = string.find(named, '\31', 1, true)
  if not at then
    return named
  end
  local id = string.sub(named, 1, at - 1)
  -- The first line of a body is the time of its creation.
  local body = redis.pcall('GETRANGE', q.body .. id, 0, 20)
  local created = type(body) == 'string' and string.match(body, '^%d+')
  if created and tonumber(created) ~= tonumber(string.sub(named, at + 1)) then
    return ''
  end
  return id
end
