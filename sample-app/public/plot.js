import { drawing, element, setText } from './element.js';

export const SECONDS = 60;
export const HEIGHT = 100;

/** A minute in a figure: shapes by second, lines across with what they stand for, and two numbers in words. */
export class Plot {
  #figure;
  #svg;
  #lines = '';

  constructor(figure) {
    this.#figure = figure;
    this.#svg = figure.querySelector('svg');
    this.#svg.setAttribute('viewBox', `0 0 ${SECONDS} ${HEIGHT}`);
  }

  /** @param lines pairs of a height and its label */
  rule(lines) {
    if (this.#lines === JSON.stringify(lines)) return;
    this.#lines = JSON.stringify(lines);
    const field = this.#figure.querySelector('.field');
    for (const old of field.querySelectorAll('span')) old.remove();
    for (const [height, label] of lines) {
      const line = element('span', '', label);
      line.style.bottom = `${height}%`;
      field.append(line);
    }
  }

  show(shapes, { value, most, said }) {
    this.#svg.replaceChildren(...shapes);
    this.#svg.setAttribute('aria-label', said);
    setText(this.#figure.querySelector('strong'), value);
    setText(this.#figure.querySelector('.most'), most);
  }
}

/** The column of a second, between two heights. */
export function column(className, second, from, to) {
  return drawing('rect', {
    class: className,
    x: second + 0.1,
    y: HEIGHT - to,
    width: 0.8,
    height: Math.max(0, to - from),
  });
}
