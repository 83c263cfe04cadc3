import { mutant, type Mutant } from '../mutant.js';

/** The scripts with one guard of limits or cancelling taken out. */
export const LIMIT_MUTANTS: readonly Mutant[] = [
  mutant('a start is not counted', 'limit.running = limit.running + 1', ''),
  mutant('a start in a window is not counted', 'limit.count = limit.count + 1', ''),
  mutant('an end gives no place back', 'limit.running = limit.running - count', ''),
  mutant('who holds a place is not noted', "  send('HSET', q.holders, run.held)\n", ''),
  mutant('a closed limit lets jobs start', 'if limits[i].room < 1 then', 'if false then'),
  mutant('a paused limit lets jobs start', 'paused = f.paused ~= nil', 'paused = false', ['commit']),
  mutant('an awaited limit lets jobs start', 'awaited = f.awaited ~= nil', 'awaited = false', ['commit']),
  mutant(
    'parked jobs of one limit go before those of another',
    'if heap[child] and heap[child].score < heap[least].score then',
    'if false then',
  ),
  mutant(
    'a job that is parked anew goes to the end',
    "local turn = tonumber(entry.turn or '') or",
    'local turn =',
  ),
  mutant(
    'jobs with a priority go before parked ones of their class',
    'if turn and (not class or math.floor(turn / CLASS_SPAN) <= class) then',
    'if turn and (not class or math.floor(turn / CLASS_SPAN) < class) then',
  ),
  mutant(
    'who is parked goes after who waits',
    'while not is_full(run) and (next_turn(run.turns) or math.huge) < CLASS_SPAN do',
    'while false do',
  ),
  mutant('jobs that go stay parked', "    send('ZREM', q.parked .. name, ids)\n", ''),
  mutant('a limit that opens is not looked at', 'book.visited[limit.name] = limit', ''),
  mutant(
    'a new limit counts nobody',
    "redis.call('HSET', key, 'running', count_holders())",
    "redis.call('HSET', key, 'running', 0)",
  ),
  mutant('a recovered job keeps its place', 'moves.free = free_places', ''),
  mutant(
    'who is parked at a raised limit is forgotten',
    "look_at(q, name, redis.call('EXISTS', q.parked .. name) == 1 and 0 or math.huge)",
    'look_at(q, name, math.huge)',
    ['setLimit'],
  ),
  mutant(
    'a resumed limit lets nobody go',
    "if redis.call('EXISTS', q.parked .. name) == 1 then\n    look_at(q, name, 0)",
    'if false then\n    look_at(q, name, 0)',
    ['pauseLimit'],
  ),
  mutant(
    'the concurrency of the queue is ignored',
    'want = math.min(want, limit.left, room)',
    'want = math.min(want, limit.left)',
  ),
  {
    name: 'a cancelled run may complete',
    patches: [
      {
        from: "if deferred and redis.call('HEXISTS', q.job .. id, 'cancelled') == 1 then",
        to: 'if false then',
        only: ['commit'],
      },
      { from: 'elseif deferred or (failed and', to: 'elseif (failed and', only: ['commit'] },
    ],
  },
  mutant(
    'cancelling leaves a job where it waits',
    "take_out(q, id, state)\nredis.call('HDEL', q.job .. id, 'deferred')",
    "redis.call('HDEL', q.job .. id, 'deferred')",
  ),
];
