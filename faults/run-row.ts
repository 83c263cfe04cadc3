import { checkLedgers } from './check-ledgers.js';
import { judge } from './judge.js';
import { machineMs } from './ledger.js';
import type { Machine } from './machine.js';
import type { Result } from './result.js';
import type { Row } from './row.js';
import { Scene } from './scene.js';
import type { System } from './systems/system.js';

/** Longer than rows take: a row that hangs is a broken row. */
const ROW_MS = 240_000;

/** Runs a row on a system, from its servers to its verdict, and leaves nothing behind. */
export async function runRow(
  row: Row,
  system: System,
  { seed, isShort, machine }: { seed: number; isShort: boolean; machine: Machine },
): Promise<Result> {
  const startMs = machineMs();
  const result: Result = {
    row: row.name,
    title: row.title,
    system: system.name,
    seed,
    wrong: [],
    remarks: [],
    serverLoses: row.serverLoses ?? false,
    tookMs: 0,
  };
  const missing = row.leavesOut?.[system.name] ?? (await row.missing?.(machine));
  if (missing !== undefined) return { ...result, skipped: missing };
  const scene = await Scene.open(system, seed, isShort);
  let late: NodeJS.Timeout | undefined;
  const atMostMs = row.atMostMs ?? ROW_MS;
  try {
    const tooLate = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`not over after ${atMostMs / 1000} s`)), atMostMs);
    });
    await Promise.race([play(row, scene, result), tooLate]);
  } catch (error) {
    result.broken = (error as Error).message;
    if (process.env['DEBUG']) console.error(error);
  } finally {
    clearTimeout(late);
    result.peakBytes = scene.peakBytes;
    result.remarks.push(...scene.remarks);
    await scene.close();
  }
  return { ...result, tookMs: machineMs() - startMs };
}

async function play(row: Row, scene: Scene, result: Result): Promise<void> {
  await row.run(scene);
  const census = await scene.census();
  result.unclosed = await scene.closeWorkers();
  const verdict = checkLedgers(await scene.notes(), scene.log, census, row.recovery ?? 'service');
  result.verdict = verdict;
  result.wrong = [
    ...judge(verdict, row.serverLoses ?? false),
    ...(result.unclosed > 0 ? [`${result.unclosed} workers did not close`] : []),
    ...(row.judge?.(verdict, scene) ?? []),
  ];
}
