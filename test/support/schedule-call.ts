import { upsertScheduler } from '../../lib/redis/scripts.generated.js';
import type { ScriptLab, Trial } from './script-lab.js';

/** What a scheduler asks for; the rest is as an upsert without options has it. */
export interface ScheduleCall {
  id?: string;
  every?: number | '';
  offset?: number | '';
  start?: number | '';
  ends?: number | '';
  limit?: number | '';
  count?: number;
  immediately?: boolean;
  missed?: string;
  most?: number;
  overlap?: string;
  spread?: number;
  jitter?: number;
  spec?: string;
  from?: number;
  complete?: boolean;
  slots?: readonly number[];
}

export const HEAD = 'tick\n{"repeat":{"count":';

/** The stored job of a slot. */
export function slotBody(createdAt: number, count: number, slot: number): string {
  return `${createdAt}\n${HEAD}${count}},"prevMillis":${slot}}\n{}`;
}

/** Runs upsert-scheduler. */
export function upsert(lab: ScriptLab, now: number, seq: string, call: ScheduleCall = {}): Promise<Trial> {
  const { id = 'tick', every = '', offset = '', start = '', ends = '', limit = '', count = 0 } = call;
  const {
    immediately = false,
    missed = 'skip',
    most = 100,
    overlap = 'allow',
    spread = 0,
    jitter = 0,
  } = call;
  const { spec = ',,,', from = now, complete = false, slots = [] } = call;
  const texts = [every, offset, start, ends, limit].map(String) as [string, string, string, string, string];
  return lab.run(upsertScheduler, [
    ...([now, 'a', seq, id, '{}', ...texts, count, immediately ? 1 : 0, missed, most, overlap] as const),
    ...([spread, jitter, spec, HEAD, '{}', '', from, complete ? 1 : 0, slots.join(',')] as const),
  ]);
}
