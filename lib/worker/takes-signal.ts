const ARROW = /^(?:async\s*)?(?:\(([^()=.]*)\)|[\w$]+)\s*=>/;

/**
 * Whether a processor may look at its third argument. Making an AbortSignal costs more than anything else that is done
 * for a small job, so it is left out for an arrow function that plainly declares fewer parameters. All others get one:
 * the number of parameters that a function reports is no proof (rest parameters, defaults, bound functions).
 */
export function takesSignal(processor: (...args: never[]) => unknown): boolean {
  const arrow = ARROW.exec(Function.prototype.toString.call(processor));
  return !arrow || (arrow[1] ?? '').split(',').length > 2;
}
