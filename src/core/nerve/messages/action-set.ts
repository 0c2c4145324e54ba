/**
 * Sets of actions as they travel in reports: action codes in, one whole number out, bit (code - 1) for each. It holds the
 * codes 1 to 30, so that the number stays positive in 32 bits; whoever measures takes no program with another code.
 */

export const actionSetCodes = { min: 1, max: 30 } as const;

export function fitsActionSet(code: number): boolean {
  return Number.isInteger(code) && code >= actionSetCodes.min && code <= actionSetCodes.max;
}

/** Throws on a code that a set cannot hold: it would be taken for another action. */
export function withAction(set: number, code: number): number {
  if (!fitsActionSet(code)) throw new RangeError(`a set of actions cannot hold the code ${code}`);
  return set | (1 << (code - 1));
}

/** False for a code that no set can hold. */
export function hasAction(set: number, code: number): boolean {
  return fitsActionSet(code) && (set & (1 << (code - 1))) !== 0;
}

export function withoutAction(set: number, code: number): number {
  return fitsActionSet(code) ? set & ~(1 << (code - 1)) : set;
}
