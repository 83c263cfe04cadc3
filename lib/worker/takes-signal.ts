const ARROW = /^(?:async\s*)?(?:\(([^()=.]*)\)|[\w$]+)\s*=>/;

/** A method whose parameters are plain names. */
const METHOD = /^(?:async\s+)?[\w$]+\s*\(([^()=.{}[\]]*)\)\s*\{/;

/** Marks a processor whose third argument is a function that gives the signal: it knows better when one is needed. */
export const LATE_SIGNAL = Symbol.for('stepwell.late-signal');

/** A processor that may ask for its signal when it needs one. */
export interface MaybeLate {
  readonly [LATE_SIGNAL]?: true;
}

/**
 * Whether a processor may look at its third argument. Making an AbortSignal costs more than anything else that is done
 * for a small job, so it is left out for an arrow function that plainly declares fewer parameters. All others get one:
 * the number of parameters that a function reports is no proof (rest parameters, defaults, bound functions).
 */
export function takesSignal(processor: (...args: never[]) => unknown): boolean {
  const arrow = ARROW.exec(Function.prototype.toString.call(processor));
  return !arrow || (arrow[1] ?? '').split(',').length > 2;
}

/** As `takesSignal`, of a method of a class, which may be left out for one that plainly declares fewer parameters. */
export function methodTakesSignal(method: (...args: never[]) => unknown): boolean {
  const source = Function.prototype.toString.call(method);
  const plain = METHOD.exec(source);
  return !plain || /\barguments\b|\beval\b/.test(source) || (plain[1] ?? '').split(',').length > 2;
}
