/**
 * Readings of changed and of unchanged agents in, one per agent; the difference of their means out, with an interval that
 * holds at every look at once, so that looking often does not lie. Pure.
 *
 * With the information I = 1/se² as time, the difference times I is a Brownian motion in the limit, and Robbins' normal
 * mixture (Annals of Mathematical Statistics 41, 1970, 1397) bounds all of its course: with probability 1 - alpha the true
 * difference never leaves estimate ± se · sqrt((1 + t/I) · (ln(1 + I/t) + 2 ln(1/alpha))). This is the asymptotic confidence
 * sequence of Waudby-Smith et al. (arXiv 2103.06476), which GrowthBook uses, in units of information. `t` sets at which
 * width the interval is narrowest; it must not depend on the readings. Few agents: the spread is moderated by a prior one
 * (Smyth, Statistical Applications in Genetics 3, 2004), and Student's distribution takes the place of the normal one.
 */

export interface Spread {
  /** Standard deviation between agents that is reckoned with before any was seen, and how many agents that is worth. */
  readonly priorSd: number;
  readonly priorAgents: number;
  /** Variance of the difference that chance makes even where the agents seem to agree. */
  readonly varianceMin?: number;
}

export interface Difference {
  readonly estimate: number;
  readonly standardError: number;
  readonly degrees: number;
}

export interface SequentialOptions {
  /** Share of rollouts without harm beyond the tolerance in which the interval may ever lie beyond it. */
  readonly alpha: number;
  /** Half-width at which the interval should be at its narrowest. */
  readonly widthWanted: number;
}

/** Undefined without at least one agent on either side, and three in all. */
export function differenceOf(
  changed: readonly number[],
  unchanged: readonly number[],
  { priorSd, priorAgents, varianceMin = 0 }: Spread,
): Difference | undefined {
  const [n1, n0] = [changed.length, unchanged.length];
  const degrees = n1 + n0 - 2;
  if (n1 < 1 || n0 < 1 || degrees < 1) return undefined;
  const [mean1, mean0] = [meanOf(changed), meanOf(unchanged)];
  const [squares1, squares0] = [squaresOf(changed, mean1), squaresOf(unchanged, mean0)];
  const pooled = moderated(squares1 + squares0, degrees, priorSd ** 2, priorAgents);
  // A program does not do the same to every agent, so that changed ones differ more; never less than both sides together.
  const own = Math.max(pooled, moderated(squares1, n1 - 1, pooled + priorSd ** 2, ownPriorAgents));
  const variance = Math.max(own / n1 + pooled / n0, varianceMin, varianceLeast);
  return {
    estimate: mean1 - mean0,
    standardError: Math.sqrt(variance),
    degrees: degrees + priorAgents,
  };
}

/** Holds at all looks at once. */
export function intervalOf(difference: Difference, options: SequentialOptions): readonly [number, number] {
  const { estimate, standardError } = difference;
  const halfWidth = standardError * studentsOf(boundaryOf(difference, options), difference.degrees);
  return [estimate - halfWidth, estimate + halfWidth];
}

/** True when the difference is above what was expected by more than chance makes it at one look. */
export function isVisible({ estimate, standardError, degrees }: Difference, expected = 0): boolean {
  return estimate - expected > standardError * studentsOf(visibleFrom, degrees);
}

/** 1 in 80 on one side. */
const visibleFrom = 2.25;
const varianceLeast = 1e-12;
const ownPriorAgents = 4;
/** What makes the interval narrowest about where it should be: -2 ln alpha + ln(1 - 2 ln alpha), for alpha of some percent. */
const narrowestAt = 10;

/** Standard errors that the difference stays within at all looks. */
function boundaryOf({ standardError }: Difference, { alpha, widthWanted }: SequentialOptions): number {
  const information = 1 / standardError ** 2;
  const wanted = (standardErrorsWanted / widthWanted) ** 2;
  const ratio = (information * narrowestAt) / wanted;
  return Math.sqrt((1 + 1 / ratio) * (Math.log1p(ratio) + 2 * Math.log(1 / alpha)));
}

/** About the boundary where it is narrowest. */
const standardErrorsWanted = 3.5;

/** The quantile of Student's t that is as far out as this one of the normal (Wallace, Ann. Math. Stat. 30, 1959, 1124). */
function studentsOf(normal: number, degrees: number): number {
  const scaled = (normal * (8 * degrees + 3)) / (8 * degrees + 1);
  return Math.sqrt(degrees * Math.expm1(Math.min(scaled ** 2 / degrees, exponentMax)));
}

const exponentMax = 500;

function moderated(squares: number, degrees: number, prior: number, priorAgents: number): number {
  return (priorAgents * prior + squares) / (priorAgents + degrees);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squaresOf(values: readonly number[], mean: number): number {
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
