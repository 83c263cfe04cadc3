import { mutant } from '../simulation/mutant.js';

/** Scripts with one guard of groups taken out, which the random test of groups has to notice. */
export const GROUP_MUTANTS = [
  mutant(
    'a run that ends frees no place',
    'group.running = math.max(group.running - counts[group.id], 0)',
    '',
  ),
  mutant(
    'who is maxed stays so',
    "if has_maxed and redis.call('ZREM', q.groups .. 'maxed', group.id) == 1 then",
    'if false then',
  ),
  mutant('a start is not counted', 'group.running = group.running + by', ''),
  mutant('the window of a group is not counted', 'group.count = group.count + by', '', ['commit']),
  mutant(
    'a pause of a group is not asked',
    'group.room = group.paused and 0 or group.places',
    'group.room = group.places',
    ['commit'],
  ),
  mutant('a group that is paused gets turns', 'if looked[i].is_new and record.paused then', 'if false then', [
    'addJobs',
  ]),
  mutant('a limited group is never looked at again', 'join_ring(q, groups_of(q, ring, ids))', '', ['commit']),
  mutant('an empty group stays in the ring', 'if #left > 0 then', 'if false then', ['removeJob']),
  mutant(
    'a job of a group that its limit lets go starts, whatever its group',
    'if group.room < 1 then\n    local returned',
    'if false then\n    local returned',
    ['commit'],
  ),
  mutant('a group counts who a limit has let go', 'grouped().leave_sideline(q, ids, priority_of)', '', [
    'commit',
  ]),
  mutant('a group counts who was removed at a limit', 'grouped().leave_sideline(q, ids)', ''),
  mutant('a group does not know who waits for a limit', "send('ZADD', q.sidelined .. group, pairs)", '', [
    'commit',
  ]),
  mutant(
    'jobs come back behind others of their group',
    'place_in_group(moves, entry.id, entry.priority, true)',
    'place_in_group(moves, entry.id, entry.priority, false)',
    ['commit'],
  ),
  mutant(
    'the newest of a group comes first',
    "popped = redis.call('ZPOPMIN', q.grouped .. group.id, turns)",
    "popped = redis.call('ZPOPMAX', q.grouped .. group.id, turns)",
    ['commit'],
  ),
  mutant(
    'a group that waits is not known to a later call',
    "count_up(q.meta, 'groups', #moves.grouped)",
    '',
    ['addJobs'],
  ),
  mutant(
    'a batch of one group goes on with others',
    'local group = #ring.held == 0 and (',
    'local group = (',
    ['commit'],
  ),
  mutant(
    'a batch of one group takes in those that were parked',
    "return (run.batch_of or '') == group",
    'return true',
    ['commit'],
  ),
  mutant(
    'jobs of groups do not count for a batch',
    'missing = missing - math.min(group.room, group.left)',
    '',
    ['commit'],
  ),
  mutant('a job that does not start keeps its place', 'count_starts_of(group, -1)', '', ['commit']),
];
