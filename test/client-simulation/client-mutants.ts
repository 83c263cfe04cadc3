/** The client with one guard taken out: a text of one of its sources and what to put in its place. */
export interface ClientMutant {
  name: string;
  /** In `lib/`. */
  file: string;
  from: string;
  to: string;
  /** In `test/`: the spec that fails with it, where the circumstances are too rare for the simulation. */
  spec?: string;
}

/** What takes circumstances that a simulation comes to once in many hours. */
const SPECS: Readonly<Record<string, readonly string[]>> = {
  'unit/lock-keeper.spec.ts': [
    'who has lost a lock is not told by the renewal',
    'the deadline of a lock counts from the answer',
    'locks that come late are not asked for',
  ],
  'client-simulation/late-batch.spec.ts': ['a batch takes no slot while its locks are asked for'],
  'client-simulation/closing-worker.spec.ts': ['jobs that come while a worker closes are started'],
  'unit/group-commit.spec.ts': [
    'what gathered during a call stays',
    'who waits for the end of calls waits for ever',
    'an entry that is late is not given up',
  ],
  'unit/slot-planner.spec.ts': [
    'slots that passed are left out of all plans',
    'slots are planned from the current one on',
    'nobody plans slots',
  ],
  'unit/notices.spec.ts': [
    'a run is not told that it was cancelled',
    'a run that begins late does not learn that it was cancelled',
    'who waits for a limit is not told that it was changed',
  ],
  'unit/prefetch.spec.ts': [
    'what was taken ahead stays with a worker that stops',
    'what was lost while it waited begins',
  ],
  'unit/run-starter.spec.ts': ['a job is started whatever became of its lock'],
  'unit/add-batch.spec.ts': [
    'adds wake nobody elsewhere',
    'the answers of adds are mixed up',
    'numbers of plain jobs are mixed up',
  ],
  'unit/queue-relay.spec.ts': [
    'what was brought counts as received though the target lacks what is ahead of it',
    'what others have posted between is skipped',
    'nothing says what was brought follows',
    'the outbox never learns of what was brought',
    'what waits behind what was brought is not looked for',
    'a target that lacks what is ahead is not come back to',
  ],
  'unit/wake-reader.spec.ts': [
    'a marker is not handed back',
    'a read does not learn of new keys',
    'a broken read is not made anew',
  ],
};

function of(file: string, ...list: (readonly [name: string, from: string, to: string])[]): ClientMutant[] {
  return list.map(([name, from, to]) => {
    const spec = Object.keys(SPECS).find((each) => SPECS[each]?.includes(name));
    return { name, file, from, to, ...(spec !== undefined && { spec }) };
  });
}

/** Caught by the simulation within seconds: what CI tries, beside those that a spec catches. */
export const SHORT_CLIENT_MUTANTS: readonly string[] = [
  'a lost lock aborts nothing',
  'locks are not renewed',
  'all sessions have one name',
];

export const CLIENT_MUTANTS: readonly ClientMutant[] = [
  ...of(
    'worker/lock-keeper.ts',
    ['a lock has no deadline of its own', 'this.endOverdue(now);', ''],
    ['a lost lock aborts nothing', "run.abort(new LockLostError(run.job.id, 'go on with'));", ''],
    [
      'who has lost a lock is not told by the renewal',
      'this.lose(runs.filter(({ job }) => lost.has(job.id)));',
      '',
    ],
    ['locks are not renewed', 'void this.renew();', 'this.renewAt = Infinity;'],
    ['a renewal that failed is not tried again', '    this.renewing = false;\n    this.schedule();', ''],
    [
      'the deadline of a lock counts from the answer',
      'run.lockedUntil = sentAt + lockMs;',
      'run.lockedUntil = this.runtime.monotonicMs() + 20 * lockMs;',
    ],
    [
      'locks that come late are not asked for',
      'return run.lockedUntil <= this.runtime.monotonicMs();',
      'return false;',
    ],
  ),
  ...of(
    'worker/run-starter.ts',
    ['jobs that come while a worker closes are started', 'if (shutdown.isHandingBack) {', 'if (false) {'],
    ['a job is started whatever became of its lock', '(isHeld && !run.handedBack)', '(true)'],
  ),
  ...of('worker/worker-parts.ts', [
    'the slot of a job is never free again',
    '        this.loop.ended();\n        batches',
    '        batches',
  ]),
  ...of(
    'worker/worker-parts.ts',
    [
      'a worker does not say how many of a group may run',
      'groupLimitsText(opts.group, batch?.groupAffinity)',
      'groupLimitsText({}, batch?.groupAffinity)',
    ],
    [
      'batches of one group are mixed',
      'groupLimitsText(opts.group, batch?.groupAffinity)',
      'groupLimitsText(opts.group)',
    ],
  ),
  ...of('worker/run-starter.ts', [
    'a batch takes no slot while its locks are asked for',
    'const giveBack = batches.reserve();',
    'const giveBack = () => {};',
  ]),
  ...of('job/new-job.ts', [
    'a job does not say which limits it names',
    'return limits && limits.length > 0 ?',
    'return limits && limits.length > 99 ?',
  ]),
  ...of(
    'worker/prefetch.ts',
    ['jobs that were taken ahead begin without a slot', 'this.begun.size < this.slots()', 'true'],
    [
      'a free slot leaves jobs waiting that were taken ahead',
      '    if (this.begun.delete(run)) {\n      this.fill();',
      '    if (this.begun.delete(run)) {',
    ],
    ['what was lost while it waited begins', '    if (run.isLost) {\n', '    if (false) {\n'],
    [
      'what was taken ahead stays with a worker that stops',
      'left.filter((run) => this.isStill(run)).forEach((run) => this.hooks.handBack(run));',
      '',
    ],
  ),
  ...of(
    'worker/batch-runner.ts',
    ['a batch takes no slot', '    this.running += 1;\n    for (const run', '    for (const run'],
    ['a batch keeps its slot', '      this.running -= 1;\n', ''],
    ['a batch waits for ever to be full enough', '        this.hooks.setLeast(0);\n', ''],
    [
      'what is said of one job of a batch is lost',
      'outcome: batch.outcomeOf(member.job) ?? share(member, at)',
      'outcome: share(member, at)',
    ],
  ),
  ...of(
    'worker/notices.ts',
    ['a run is not told that it was cancelled', '    this.hooks.cancelled(id, token, how);\n', ''],
    [
      'a run that begins late does not learn that it was cancelled',
      'return this.cancelled.size > 0 ? ',
      'return false ? ',
    ],
    ['who waits for a limit is not told that it was changed', '      this.hooks.limits();\n', ''],
  ),
  ...of(
    'worker/shutdown.ts',
    ['what runs is not handed back at the end', '      this.handBack(run);', ''],
    ['a job that is handed back is not aborted', 'run.abort(new WorkerClosingError());', ''],
    [
      'closing waits for jobs without an end',
      'this.timers.push(this.runtime.setTimer(this.expire, timeoutMs, { pressing: true }));',
      '',
    ],
  ),
  ...of(
    'worker/commit-loop.ts',
    ['a marker is not handed on', '    this.handOn = true;\n', ''],
    ['nobody looks when a delayed job is due', 'this.lookWhenDue(dueInMs);', ''],
    [
      'a fetch that failed is not made again',
      'this.retryTimer = this.runtime.setTimer(() => this.poke(), this.options.retryMs ?? RETRY_MS);',
      '',
    ],
    [
      'a fetch that failed keeps its slots',
      '    this.asked -= wanted;\n    this.hooks.failed(error);',
      '    this.hooks.failed(error);',
    ],
    [
      'a worker does not wait to be woken',
      '      this.waitForWake();\n    }\n  }\n\n  fetchFailed',
      '    }\n  }\n\n  fetchFailed',
    ],
    [
      'a limited worker does not come back',
      'this.limitTimer = this.runtime.setTimer(',
      'this.limitTimer = ((..._: unknown[]) => undefined)(',
    ],
  ),
  ...of(
    'worker/stalled-checker.ts',
    ['nobody looks for stalled jobs again', '.finally(() => this.schedule());', ';'],
    [
      'nobody says that it is alive',
      'const heardAgainMs = this.options.silence.silenceMs / 2;',
      'const heardAgainMs = 0;',
    ],
  ),
  ...of(
    'worker/attempt.ts',
    ['who has lost its lock fails the job', '} else if (run.isLockLoss(thrown)) {', '} else if (false) {'],
    [
      'who holds up a queue loses an attempt',
      "(kind === 'waiting' || kind === 'rate-limit')",
      "(kind === 'waiting')",
    ],
  ),
  ...of(
    'worker/run-writer.ts',
    [
      'what was handed back is written all the same',
      '    if (run.handedBack) {\n      return;\n    }\n    this.loop.push',
      '    this.loop.push',
    ],
    [
      'a lock is kept when its job is through',
      "      this.hooks.settled(run);\n      if (word === 'ok') {\n        done();",
      "      if (word === 'ok') {\n        done();",
    ],
  ),
  ...of(
    'store/group-commit.ts',
    ['a session is not released', '      this.sessions.release(session);\n', ''],
    [
      'what gathered during a call stays',
      '      if (this.hasWork()) {\n        this.schedule();\n      } else {\n        this.notifyIdle();\n      }',
      '      this.notifyIdle();',
    ],
    [
      'who waits for the end of calls waits for ever',
      '      for (const resolve of waiting) {\n        resolve();\n      }',
      '',
    ],
    ['an entry that is late is not given up', 'return this.pending.canBeLate || ', 'return false && '],
  ),
  ...of(
    'store/call-session.ts',
    ['calls are not numbered', '    this.seq += 1;\n    return', '    return'],
    [
      'a session is used twice at once',
      'const session = this.free.pop();',
      'const session = this.free.at(-1);',
    ],
    ['all sessions have one name', '`${this.writer}.${this.made}`', 'this.writer'],
  ),
  ...of(
    'store/call.ts',
    ['what passes is not tried again', 'if (!(isPassing(error) || isBroken(error))) {', 'if (true) {'],
    [
      'a call is not made again after a refusal',
      'if (!(isPassing(error) || isBroken(error))) {',
      'if (!isBroken(error)) {',
    ],
    ['a call that waits for the connection is never made', 'this.gate.wait(resolve);', ''],
  ),
  ...of('store/calls.ts', [
    'a late call is not given up',
    '      this.giveUp(open, patience.late({ mayBeWritten, cause: failure }));',
    '',
  ]),
  ...of(
    'store/commit-batch.ts',
    [
      'answers of one call are mixed up',
      'reply.words[i] as string',
      'reply.words[reply.words.length - 1 - i] as string',
    ],
    [
      'a call of a worker is given a new number each time',
      '{ writer: session.writer, seq }, grant, wanted, handOn, rest)',
      '{ writer: session.writer, seq: session.next() }, grant, wanted, handOn, rest)',
    ],
    [
      'the marker is never taken along',
      'const handOn = this.fetcher?.takeHandOn() ?? false;',
      'const handOn = false;',
    ],
    [
      'nobody is told of an outbox',
      '    if (reply.posted.length > 0) {\n      this.outbox.bring(reply.posted);\n    } else if (reply.undeliveredMs >= 0) {\n      this.outbox.nudge(reply.undeliveredMs);\n    }\n  }',
      '  }',
    ],
  ),
  ...of(
    'store/add-batch.ts',
    ['adds wake nobody elsewhere', 'session.writer, seq, !idle)', 'session.writer, seq, false)'],
    ['the answers of adds are mixed up', '    first += adding.entry.count;', ''],
  ),
  ...of('store/add-call.ts', [
    'numbers of plain jobs are mixed up',
    'String(firstId + at)',
    'String(firstId + this.bodies.length - 1 - at)',
  ]),
  ...of(
    'store/queue-relay.ts',
    [
      'a delivery is followed by no look',
      '      this.deliverBrought(round);\n      this.nudge(0);',
      '      this.deliverBrought(round);',
    ],
    ['a relay that failed does not come back', '          this.lookIn(RETRY_MS);', ''],
    ['a relay does not come back for what another has on lease', '      this.lookIn(lateInMs + 1);', ''],
    ['who waits for a delivery is not told', '        resolve(true);', ''],
    ['the outbox never learns of what was brought', '        this.lookIn(NOTE_MS);', ''],
    ['what waits behind what was brought is not looked for', '!done || round.isWanted || ', '!done || '],
    [
      'a target that lacks what is ahead is not come back to',
      'if (!done || round.isWanted',
      'if (round.isWanted',
    ],
  ),
  ...of(
    'store/target-relay.ts',
    [
      'what was received is said although the target lacks it',
      'if (!hasTaken(taken, last)) {',
      'if (false) {',
    ],
    ['what was received is not said', '    this.received = given.at(-1);\n', ''],
    [
      'what was brought counts as received though the target lacks what is ahead of it',
      'isSame() && hasTaken(taken, given.at(-1)!)',
      'isSame()',
    ],
    ['what others have posted between is skipped', 'if (before && (!follows ||', 'if (before && ('],
    [
      'nothing says what was brought follows',
      'this.send(given, { number, era })',
      "this.send(given, { number: '0', era })",
    ],
    [
      'a round that failed stays busy',
      '      patience.cancel();\n      this.busy = false;',
      '      patience.cancel();',
    ],
    [
      'a delivery has no end',
      'setTimer(() => call.abandon(), PATIENCE_MS, { background: true })',
      'setTimer(() => {}, PATIENCE_MS, { background: true })',
    ],
  ),
  ...of(
    'redis/wake-reader.ts',
    [
      'a broken read wakes nobody',
      '  protected afterFailure(): void {\n',
      '  protected afterFailure(): void {\n    return;\n',
    ],
    [
      'a marker is not handed back',
      "this.owner.client.zadd(wakeKey, 0, '1').catch((error: unknown) => this.complain(error));",
      '',
    ],
    ['a waiter has no deadline', '      waiter.done(woken);', '      if (woken) waiter.done(woken);'],
  ),
  ...of(
    'redis/blocking-reader.ts',
    ['a read does not learn of new keys', '(otherPlace || !reading.keys.has(key))', 'false'],
    [
      'a broken read is not made anew',
      '      this.drop();\n      this.owner.suspect();',
      '      this.owner.suspect();',
    ],
  ),
  ...of(
    'redis/event-stream-reader.ts',
    ['the place of a stream stays where it was', '    stream.place = last;\n', ''],
    ['whoever was sent back is not told', '    readers.forEach((reader) => reader.restarted());', ''],
    ['entries of another place are handed over', ' || stream.place !== from', ''],
  ),
  ...of(
    'events/event-feed.ts',
    ['what comes while a reader joins is lost', 'this.tellAll(place.take(held));', ''],
    ['a reader does not come back when its line starts over', '      void this.comeBack();', ''],
    [
      'a reader joins without what lies before the line',
      'if (compareIds(head, place.entryId) > 0) {',
      'if (false) {',
    ],
  ),
  ...of(
    'events/event-place.ts',
    [
      'the rest of an entry is told twice',
      'entry.events.filter(({ id }) => numberOf(id) > (seen as number))',
      'entry.events',
    ],
    [
      'no gap is told of',
      'if (missing) {\n          events.push(gapBefore',
      'if (false) {\n          events.push(gapBefore',
    ],
    [
      'the cursor forgets its number',
      'const { entryId, number } = cursor;',
      'const { entryId } = cursor, number = undefined;',
    ],
  ),
  ...of('events/continuity.ts', [
    'a gap counts one too few',
    'const lost = first - expected;',
    'const lost = first - expected - 1;',
  ]),
  ...of(
    'events/job-watch.ts',
    ['what a snapshot has told is told again', 'compareEventIds(event.id, this.seenId) > 0', 'true'],
    [
      'a watch does not end with its job',
      "const LAST_EVENTS = new Set<string>(['completed', 'failed', 'removed']);",
      "const LAST_EVENTS = new Set<string>(['completed', 'failed']);",
    ],
    [
      'what comes during a look is lost',
      '      this.held.push(event);',
      '      if (!this.isBusy) this.held.push(event);',
    ],
    [
      'a watch does not look after a gap',
      '      this.subscriber.next(event);\n      void this.busy(() => this.refresh());',
      '      this.subscriber.next(event);',
    ],
  ),
  ...of(
    'schedule/slot-planner.ts',
    ['slots that passed are left out of all plans', "missed === 'all' ? atMost", "missed === 'all' ? 0"],
    [
      'slots are planned from the current one on',
      'Math.max(Number(record.last), record.slot)',
      'record.slot',
    ],
    ['nobody plans slots', 'ids.forEach((id) => this.wanted.add(id));', ''],
  ),
  ...of(
    'job/wait-until-finished.ts',
    [
      'who waits does not look again',
      'this.timers.push(runtime.setRepeating(this.look, LOOK_AGAIN_MS));',
      '',
    ],
    ['who waits outlives the events', "['closing', this.onClosing],", ''],
  ),
  ...of(
    'steps/step-ledger.ts',
    ['the cursor of steps is forgotten', "this.cursor = fields.step ?? '';", "this.cursor = '';"],
    [
      'what was undone is undone again',
      ".filter(([name]) => this.entries.get(undoCursor(name))?.letter !== 'c')",
      '',
    ],
    ['nothing is undone', "letter === 'c' && !name.startsWith(UNDO)", 'false'],
  ),
  ...of('redis/redis-failure.ts', [
    'a broken connection is an error for good',
    '    error instanceof ConnectionError || (isNativeError(error)',
    '    false && (isNativeError(error)',
  ]),
];
