import uPlot from './vendor/uplot/uPlot.esm.js';
import { byId, setText } from './element.js';

export const SECONDS = 60;
const HEIGHT = 176;

/** A canvas knows no custom properties: what one stands for, in the light or in the dark, is asked of an element. */
export function color(name, share = 100) {
  const probe = byId('probe');
  probe.style.color = `color-mix(in srgb, var(${name}) ${share}%, transparent)`;
  return getComputedStyle(probe).color;
}

/** The last minute in a figure: a plot with a legend, a headline, and what it shows in words. */
export class Plot {
  #figure;
  #field;
  #plot;

  /**
   * @param series as uPlot takes them, the first one is the time's
   * @param y its scale, its `label`, and how its `values` are written
   */
  constructor(figure, { series, scale, label, values, splits }) {
    this.#figure = figure;
    this.#field = figure.querySelector('.field');
    const axis = {
      stroke: () => color('--quiet'),
      font: '11px system-ui, sans-serif',
      labelFont: '11px system-ui, sans-serif',
    };
    const grid = { stroke: () => color('--line'), width: 1 };
    this.#plot = new uPlot(
      {
        width: this.#width,
        height: HEIGHT,
        padding: [8, 16, 0, 0],
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
        scales: { x: { time: false, range: (_plot, _min, max) => [max - SECONDS, max + 0.5] }, y: scale },
        axes: [
          {
            ...axis,
            size: 26,
            grid: { show: false },
            ticks: { show: false },
            splits: (plot) =>
              [0, 1, 2, 3, 4].map((part) => plot.scales.x.max - 0.5 - (SECONDS * (4 - part)) / 4),
            values: (plot, at) => at.map((second) => ago(plot.scales.x.max - 0.5 - second)),
          },
          {
            ...axis,
            size: 52,
            label,
            labelSize: 16,
            labelGap: 0,
            gap: 4,
            grid,
            ticks: { show: false },
            values,
            ...(splits ? { splits } : {}),
          },
        ],
        series: [
          { value: (plot, second) => (second === null ? 'now' : ago(plot.scales.x.max - 0.5 - second)) },
          ...series,
        ],
      },
      [[0], ...series.map(() => [null])],
      this.#field,
    );
    new ResizeObserver(() => this.#plot.setSize({ width: this.#width, height: HEIGHT })).observe(this.#field);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw());
  }

  /** @param data times in seconds, then the values of each series */
  show(data, { value, most, said }) {
    this.#plot.setData(data);
    this.#field.setAttribute('aria-label', said);
    setText(this.#figure.querySelector('strong'), value);
    if (most !== undefined) setText(this.#figure.querySelector('.most'), most);
  }

  get #width() {
    return Math.max(160, this.#field.clientWidth);
  }
}

function ago(seconds) {
  const whole = Math.round(seconds);
  return whole <= 0 ? 'now' : `${whole} s ago`;
}
