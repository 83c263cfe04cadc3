/** A rule of the simulated world does not hold. */
export class Violated extends Error {}
