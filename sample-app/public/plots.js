import uPlot from './vendor/uplot/uPlot.esm.js';
import { byId } from './element.js';
import { duration } from './format.js';
import { color, Plot, SECONDS } from './plot.js';

/** The least that the full height stands for, so that a single job does not look like a storm. */
const LEAST_TOP = 4;
/** A wait is drawn by its magnitude: from 1 ms at the foot to this at the top. */
const LONGEST_WAIT_MS = 10_000;

const bars = uPlot.paths.bars({ size: [0.75, 40] });

/** The last minute, a tick a second. */
export class Plots {
  #throughput = new Plot(byId('throughput'), {
    label: 'jobs per second',
    scale: { range: (_plot, _min, most) => [0, Math.max(LEAST_TOP, (most ?? 0) * 1.1)] },
    values: (_plot, counts) => counts.map((count) => (Number.isInteger(count) ? String(count) : '')),
    // Bars in front of bars: all that ended, and then those of them that completed.
    series: [
      bar('Failed', '--bad', (plot, at) => plot.data[1][at] - plot.data[2][at]),
      bar('Completed', '--accent', (plot, at) => plot.data[2][at]),
    ],
  });
  #latency = new Plot(byId('latency'), {
    label: 'wait, by magnitude',
    scale: { distr: 3, log: 10, range: [1, LONGEST_WAIT_MS] },
    splits: () => [1, 10, 100, 1000, LONGEST_WAIT_MS],
    values: (_plot, waits) => waits.map(duration),
    series: [line('Half within', '--busy'), line('95 % within', '--later')],
  });
  #ticks = [];

  constructor() {
    this.#draw();
  }

  replace(ticks) {
    this.#ticks = ticks.slice(-SECONDS);
    this.#draw();
  }

  add(tick) {
    if (tick.at <= (this.#ticks.at(-1)?.at ?? 0)) return;
    this.#ticks = [...this.#ticks, tick].slice(-SECONDS);
    this.#draw();
  }

  #draw() {
    const times = this.#ticks.length > 0 ? this.#ticks.map(({ at }) => at / 1000) : [0];
    this.#drawThroughput(times);
    this.#drawLatency(times);
  }

  #drawThroughput(times) {
    const sums = this.#ticks.map(({ completed, failed }) => completed + failed);
    const done = this.#ticks.map(({ completed }) => completed);
    const most = Math.max(0, ...sums);
    const now = sums.at(-1) ?? 0;
    this.#throughput.show([times, fill(sums, times), fill(done, times)], {
      value: this.#ticks.length > 0 ? String(now) : '–',
      most: `peak ${most}`,
      said: `Jobs that ended each second: ${now} now, at most ${most} in the last minute`,
    });
  }

  #drawLatency(times) {
    const of = (name) => this.#ticks.map(({ waitMs }) => (waitMs ? Math.max(1, waitMs[name]) : null));
    const last = this.#ticks.findLast(({ waitMs }) => waitMs)?.waitMs;
    this.#latency.show([times, fill(of('p50'), times), fill(of('p95'), times)], {
      value: last ? duration(last.p50) : '–',
      said: last
        ? `Time until a worker starts a job: half within ${duration(last.p50)}, 95 of 100 within ${duration(last.p95)}`
        : 'Time until a worker starts a job: none was started in the last minute',
    });
  }
}

/** uPlot wants a value for each time, also while there is none. */
const fill = (values, times) => (values.length > 0 ? values : times.map(() => null));

/** In the legend: what is under the pointer, else the newest. */
const newest = (plot, at) => at ?? plot.data[0].length - 1;

function bar(label, name, countOf) {
  const tone = () => color(name);
  const value = (plot, _value, _series, at) => countOf(plot, newest(plot, at)) || 0;
  return { label, stroke: tone, fill: tone, width: 0, paths: bars, points: { show: false }, value };
}

function line(label, name) {
  const tone = () => color(name);
  const value = (plot, _value, series, at) => {
    const wait = plot.data[series][newest(plot, at)];
    return wait === null ? '–' : duration(wait);
  };
  return { label, stroke: tone, width: 2, points: { show: true, size: 4, fill: tone }, value };
}
