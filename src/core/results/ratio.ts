/**
 * Sums before and after, one pair per agent -> the ratio of totals on the log scale, with its variance. Pure.
 *
 * With a_i, b_i the sums of agent i after and before, A and B their totals, log(A/B) changes by about
 * e_i = a_i/A - b_i/B with agent i (delta method; Deng, Knoblich and Lu, "Applying the Delta Method in Metric Analytics",
 * KDD 2018, arXiv:1803.06336). Agents, not tasks, are what was assigned by lot, so they are the clusters:
 *   Var log(A/B) = (n-1)/n * sum of (e_i / (1 - h_i))^2,  h_i = b_i/B,
 * where 1/(1 - h_i) makes up for an agent pulling the ratio towards itself, as the jackknife does (MacKinnon and White
 * 1985, HC3). Without it, intervals from three held-out agents with heavy-tailed tasks miss twice as often as stated.
 */

/** One agent's sums of one metric over the same tasks, in base units. */
export interface AgentSums {
  readonly before: number;
  readonly after: number;
}

export interface LogRatio {
  readonly before: number;
  readonly after: number;
  /** log(after/before); minus infinity when nothing is left after. Null when there was nothing before. */
  readonly log: number | null;
  /** Null when it cannot be known: fewer than two agents, or nothing before or after. */
  readonly variance: number | null;
  /** Agents that had anything before or after. */
  readonly agents: number;
}

export function logRatioOf(sums: readonly AgentSums[]): LogRatio {
  const present = sums.filter(({ before, after }) => before > 0 || after > 0);
  const before = present.reduce((total, agent) => total + agent.before, 0);
  const after = present.reduce((total, agent) => total + agent.after, 0);
  return {
    before,
    after,
    log: before > 0 ? Math.log(after / before) : null,
    variance: before > 0 && after > 0 ? varianceOf(present, { before, after }) : null,
    agents: present.length,
  };
}

/** Null with one agent, and when one agent holds all there was before. */
function varianceOf(agents: readonly AgentSums[], totals: AgentSums): number | null {
  const count = agents.length;
  if (count < 2) return null;
  let squares = 0;
  for (const { before, after } of agents) {
    const share = before / totals.before;
    squares += ((after / totals.after - share) / (1 - share)) ** 2;
  }
  return Number.isFinite(squares) ? ((count - 1) / count) * squares : null;
}
