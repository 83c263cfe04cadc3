type Class = abstract new (...args: never[]) => unknown;

/**
 * Lets `instanceof` say yes for what another copy of the package has made: it is there as ES modules and as CommonJS, and a program
 * may load both.
 * @param name the same in all copies
 */
export function branded(type: Class, name: string): void {
  const brand = Symbol.for(`stepwell.${name}`);
  Object.defineProperty(type.prototype, brand, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: Class, value: unknown): boolean {
      const isOwn = Function.prototype[Symbol.hasInstance].call(this, value) as boolean;
      return isOwn || (typeof value === 'object' && value !== null && brand in value && isNamed(value, this));
    },
  });
}

/** Whether it is of a class, or of one below it, that has the name of this one. */
function isNamed(value: object, { name }: Class): boolean {
  for (let at: object | null = value; at; at = Object.getPrototypeOf(at) as object | null) {
    if (Object.hasOwn(at, 'constructor') && (at.constructor as Class).name === name) {
      return true;
    }
  }
  return false;
}
