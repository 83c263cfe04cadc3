import { byId } from './element.js';
import { duration } from './format.js';
import { column, HEIGHT, Plot, SECONDS } from './plot.js';

/** The least that the full height stands for, so that a single job does not look like a storm. */
const LEAST_TOP = 4;
/** A wait is drawn by its magnitude: from 1 ms at the foot to this at the top. */
const LONGEST_WAIT_MS = 10_000;
const MARK = 3;

/** The last minute, a tick a second. */
export class Plots {
  #throughput = new Plot(byId('throughput'));
  #latency = new Plot(byId('latency'));
  #ticks = [];

  constructor() {
    this.#latency.rule([10, 100, 1000].map((ms) => [heightOf(ms), duration(ms)]));
    this.#draw();
  }

  replace(ticks) {
    this.#ticks = ticks.slice(-SECONDS);
    this.#draw();
  }

  add(tick) {
    this.#ticks = [...this.#ticks, tick].slice(-SECONDS);
    this.#draw();
  }

  #draw() {
    const first = SECONDS - this.#ticks.length;
    this.#drawThroughput(first);
    this.#drawLatency(first);
  }

  #drawThroughput(first) {
    const sums = this.#ticks.map(({ completed, failed }) => completed + failed);
    const most = Math.max(0, ...sums);
    const top = roundUp(Math.max(LEAST_TOP, most));
    const height = (count) => (count / top) * HEIGHT;
    const bars = this.#ticks.flatMap(({ completed, failed }, at) => [
      column('done', first + at, 0, height(completed)),
      column('lost', first + at, height(completed), height(completed + failed)),
    ]);
    const now = sums.at(-1) ?? 0;
    this.#throughput.rule([
      [HEIGHT, String(top)],
      [HEIGHT / 2, String(top / 2)],
    ]);
    this.#throughput.show(bars, {
      value: String(now),
      most: `peak ${most}`,
      said: `Jobs finished each second: ${now} now, at most ${most} in the last minute`,
    });
  }

  /** From half to nearly all of a second's jobs, with a mark at the half. */
  #drawLatency(first) {
    const shapes = this.#ticks.flatMap(({ waitMs }, at) => {
      if (!waitMs) return [];
      const half = heightOf(waitMs.p50);
      return [
        column('span', first + at, half, Math.max(heightOf(waitMs.p95), half + MARK)),
        column('half', first + at, half, half + MARK),
      ];
    });
    const last = this.#ticks.findLast(({ waitMs }) => waitMs)?.waitMs;
    this.#latency.show(shapes, {
      value: last ? duration(last.p50) : '–',
      most: last ? `p95 ${duration(last.p95)}` : '',
      said: last
        ? `Time until a worker starts a job: half within ${duration(last.p50)}, 95 of 100 within ${duration(last.p95)}`
        : 'Time until a worker starts a job: none was started in the last minute',
    });
  }
}

function heightOf(ms) {
  const share = Math.log10(Math.max(1, Math.min(ms, LONGEST_WAIT_MS))) / Math.log10(LONGEST_WAIT_MS);
  return share * (HEIGHT - MARK);
}

/** The next of 10, 20, 40, 60, 80, 100, 200 and so on. */
function roundUp(count) {
  const magnitude = 10 ** Math.floor(Math.log10(count));
  return [1, 2, 4, 6, 8, 10].map((factor) => factor * magnitude).find((round) => round >= count);
}
