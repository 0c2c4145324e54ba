/**
 * Contributions -> whole P.O.W.K. points per agent. Pure.
 *
 * The pool of a result is fixed: 100 points for each agent listed in its contributions. Of these every agent gets 20 for
 * having done what was asked, and the rest is divided by contribution. Fractions are settled by largest remainder, ties
 * by agent id, so that the pool is given out to the last point. When nobody contributed, only the 20 are given.
 */

const pointsPerAgent = 100;
const basePoints = 20;

export function pointsOf(contributions: Readonly<Record<string, number>>): Map<string, number> {
  const agents = Object.keys(contributions).sort();
  const shares = agents.map((agent) => usable(contributions[agent]));
  const total = shares.reduce((sum, share) => sum + share, 0);
  const pool = total > 0 ? (pointsPerAgent - basePoints) * agents.length : 0;
  const exact = shares.map((share) => (total > 0 ? (share / total) * pool : 0));
  const whole = exact.map(Math.floor);
  let left = pool - whole.reduce((sum, points) => sum + points, 0);
  const byRemainder = exact
    .map((value, at) => ({ at, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.at - b.at);
  for (const { at } of byRemainder) {
    if (left <= 0) break;
    whole[at] = (whole[at] ?? 0) + 1;
    left -= 1;
  }
  return new Map(agents.map((agent, at) => [agent, basePoints + (whole[at] ?? 0)]));
}

/** A contribution from a damaged or hostile message counts as none. */
function usable(share: number | undefined): number {
  return share !== undefined && Number.isFinite(share) && share > 0 ? share : 0;
}
