import { Violation } from './violation.js';

/** What a queue has told of the slots of its schedulers. */
export class SlotLedger {
  private readonly fired = new Map<string, Set<number>>();
  private readonly active = new Map<string, Set<string>>();

  /**
   * @param steady schedulers that nobody changes and that make up for all: each slot fires once, and none is left out
   * @param lone schedulers of which one run at most is active
   */
  constructor(
    private readonly steady: readonly string[],
    private readonly lone: readonly string[],
  ) {}

  /** One line of an event. */
  note(event: string, line: string): void {
    const [first = '', second = '', third = ''] = line.split('\t');
    if (event === 'schedule-fired') this.noteFired(first, Number(third));
    else if (event === 'schedule-missed' || event === 'schedule-skipped') {
      if (this.steady.includes(first)) throw new Violation(`${event} for ${first}: ${line}`);
    } else if (event === 'active') this.noteActive(first);
    else if (['completed', 'failed', 'waiting', 'delayed', 'removed'].includes(event)) {
      const scheduler = schedulerOf(first);
      this.active.get(scheduler)?.delete(first);
      if (event === 'removed' && this.steady.includes(scheduler))
        throw new Violation(`the job ${first} was removed, it was ${second}`);
    }
  }

  /** Every slot of a scheduler from the first on, and nothing else. */
  checkAll(scheduler: string, slots: readonly number[]): void {
    const fired = this.fired.get(scheduler) ?? new Set();
    const lost = slots.filter((slot) => !fired.has(slot));
    if (lost.length > 0)
      throw new Violation(`${lost.length} slots of ${scheduler} are lost, such as ${lost[0]}`);
    if (fired.size > slots.length) throw new Violation(`${scheduler} has fired slots that it does not have`);
  }

  private noteFired(scheduler: string, slot: number): void {
    const fired = this.fired.get(scheduler) ?? new Set();
    this.fired.set(scheduler, fired);
    if (fired.has(slot) && this.steady.includes(scheduler))
      throw new Violation(`slot ${slot} of ${scheduler} has fired twice`);
    fired.add(slot);
  }

  private noteActive(id: string): void {
    const scheduler = schedulerOf(id);
    const active = this.active.get(scheduler) ?? new Set();
    this.active.set(scheduler, active.add(id));
    if (this.lone.includes(scheduler) && active.size > 1)
      throw new Violation(`runs overlap: ${[...active].join(', ')}`);
  }
}

function schedulerOf(id: string): string {
  return /^repeat:(.+):\d+$/.exec(id)?.[1] ?? '';
}
