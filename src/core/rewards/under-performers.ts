/** A result -> the agents that the academy should look at: far behind the others by contribution. Pure; names, no action. */
import type { Result } from '../nerve/messages/result.js';

/** No more than this share of the agents is named. */
const namedShareMax = 0.1;
/** Behind means below this part of the median: in a fleet of equals nobody is. */
const behindMedian = 0.5;

export interface UnderPerformer {
  readonly agent: string;
  readonly contribution: number;
  /** The median that it is measured by. */
  readonly median: number;
}

/** Smallest contribution first, ties by id. Held-out agents have the mean contribution, so they are never named. */
export function underPerformersOf(result: Pick<Result, 'contributions'>): UnderPerformer[] {
  const ranked = Object.entries(result.contributions)
    .map(([agent, contribution]) => ({ agent, contribution }))
    .sort((a, b) => a.contribution - b.contribution || (a.agent < b.agent ? -1 : 1));
  const median = ranked[Math.floor(ranked.length / 2)]?.contribution ?? 0;
  return ranked
    .slice(0, Math.floor(ranked.length * namedShareMax))
    .filter(({ contribution }) => contribution < median * behindMedian)
    .map((entry) => ({ ...entry, median }));
}
