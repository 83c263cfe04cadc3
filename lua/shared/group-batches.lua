-- Batches in a queue with groups: how many jobs may start, and batches of jobs of one group (`groupAffinity`).
local SHORT_PAGE = 100
local NEXT_GROUPS_MS = 1000

-- Looks at groups in turn until `seen` has enough of one that is open. Those that are closed leave the ring, as in a fetch. Returns the groups
-- that were open and not enough, and whether more of them may follow.
local function look_along(q, ring, seen)
  end_waits(q, ring)
  local open = {}
  while ring.looked < GROUP_LOOK_CAP do
    local groups, closed = next_groups(q, ring, SHORT_PAGE, #open), {}
    for _, group in ipairs(groups) do
      if group.room < 1 then
        closed[#closed + 1] = group
      elseif seen(group) then
        write_ring(q, closed)
        return open, false
      else
        open[#open + 1] = group
      end
    end
    ring.looked = ring.looked + #groups
    write_ring(q, closed)
    if #groups < SHORT_PAGE then
      return open, false
    end
  end
  return open, true
end

-- The first group of which so many jobs may start. Where too many are short of that, those that were looked at take their turns, so that
-- the next look comes to others, in a while.
local function choose_group(q, ring, least)
  local chosen
  local short, is_more = look_along(q, ring, function(group)
    chosen = math.min(group.room, group.left) >= least and group or nil
    return chosen
  end)
  if is_more then
    for _, group in ipairs(short) do
      group.turn = group.turn + 1 / (group.weight or 1)
    end
    write_ring(q, short)
    ring.grant.opens = ring.now + NEXT_GROUPS_MS
  end
  return chosen
end

-- Whether fewer jobs than a batch needs may start, where so many wait outside of groups, too few for one. A batch of one group
-- then takes none of those.
local function are_fewer_in_groups(q, grant, now, least, plain)
  if grant.affinity then
    grant.ring, grant.least, grant.skips_plain = new_ring(grant, now), least, true
    grant.ring.chosen = choose_group(q, grant.ring, least)
    return not grant.ring.chosen
  end
  local missing = least - plain
  look_along(q, new_ring(grant, now), function(group)
    missing = missing - math.min(group.room, group.left)
    return missing < 1
  end)
  return missing > 0
end

-- Up to so many jobs of one group, which has one turn for all of them; none where one has started. Of a group whose jobs all wait for
-- limits none has.
local function next_batch(q, ring, most)
  local group = #ring.held == 0 and (ring.chosen or choose_group(q, ring, ring.grant.least or 1))
  ring.chosen = nil
  if not group then
    return {}
  end
  local popped, ids = redis.call('ZPOPMIN', q.grouped .. group.id, math.min(group.room, most)), {}
  for i = 1, #popped, 2 do
    ids[#ids + 1] = popped[i]
    ring.taken[popped[i]] = group
  end
  ring.turn, ring.left = group.turn, ring.left + #ids
  group.turn = group.turn + 1 / (group.weight or 1)
  group.left = group.left - #ids
  count_starts_of(group, #ids)
  write_ring(q, { group })
  return ids
end

-- Whether a job that is parked at a limit may go into the batch that has begun, or begins it.
local function joins_batch(q, run, id)
  local group = group_in(job_field(q, id, 'priority') or '') or ''
  if not run.batch_of and #run.ids == 0 then
    run.batch_of = group
  end
  return (run.batch_of or '') == group
end
