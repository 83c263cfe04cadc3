import { setTimeout as pause } from 'node:timers/promises';

const GIVE_UP_MS = 15_000;

/** Asks again and again, until the answer is right or time is up; returns the last one. */
export async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + GIVE_UP_MS; ; await pause(25)) {
    const answer = await ask();
    if (isRight(answer) || Date.now() > end) return answer;
  }
}
