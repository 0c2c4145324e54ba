/** How many columns each step of the phase strip gets: equal shares, the last only what it needs. */
import type { Step } from './operation.js';

export type { Step } from './operation.js';

const lastColumns = 12;
const stepColumnsMax = 28;

export function stepColumns(steps: readonly Step[], columns: number): number[] {
  const share = Math.floor((columns - lastColumns) / Math.max(1, steps.length - 1));
  const width = Math.min(stepColumnsMax, share);
  return steps.map((_, at) => (at === steps.length - 1 ? lastColumns : width));
}
