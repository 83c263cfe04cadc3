import type { Verdict } from './check-ledgers.js';

/** What a verdict breaks of what every row has to keep, in words. */
export function judge(verdict: Verdict, serverLoses: boolean): string[] {
  const wrong: string[] = [];
  const some = (keys: readonly number[]): string => keys.slice(0, 8).join(', ');
  if (verdict.lost.length > 0 && !serverLoses) {
    wrong.push(`lost ${verdict.lost.length} of what was answered: ${some(verdict.lost)}`);
  }
  if (verdict.doubled.length > 0) {
    wrong.push(`ran ${verdict.doubled.length} again without a reason: ${some(verdict.doubled)}`);
  }
  if (verdict.stuck.length > 0) wrong.push(`left ${verdict.stuck.length} unfinished: ${some(verdict.stuck)}`);
  if (verdict.failed.length > 0) {
    wrong.push(`failed ${verdict.failed.length} that did not fail: ${some(verdict.failed)}`);
  }
  if (verdict.staleAccepted > 0) wrong.push(`took ${verdict.staleAccepted} stale writes`);
  if (verdict.unheard.length > 0) {
    wrong.push(`notified nobody of ${verdict.unheard.length} that completed: ${some(verdict.unheard)}`);
  }
  if (verdict.unhandled > 0) wrong.push(`left ${verdict.unhandled} rejections unhandled`);
  if (verdict.answered === 0) wrong.push('no add was answered, so that nothing was shown');
  return wrong;
}
