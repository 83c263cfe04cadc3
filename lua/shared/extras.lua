-- Notes that a job of this queue has had a key besides its body and its record: until then none is looked for where jobs are removed.
local function has_extras(q)
  redis.call('HSET', q.meta, 'extras', 1)
end
