import { InvalidOptionError } from './errors.js';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'5m'`, `'1.5h'`, `'3d'`, `'2w'`. */
export type Duration = number | `${number}${keyof typeof UNITS}`;

/**
 * A duration in milliseconds.
 *
 * @throws {InvalidOptionError} for what is none
 */
export function parseDuration(option: string, duration: Duration): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(String(duration)) ?? [];
  const ms = typeof duration === 'number' ? duration : Number(amount) * UNITS[unit as keyof typeof UNITS];
  if (!Number.isFinite(ms) || ms < 0) {
    throw new InvalidOptionError(
      option,
      duration,
      "Use milliseconds, or a number with a unit such as '30s', '5m', '2h' or '3d'.",
    );
  }
  return Math.round(ms);
}
