/**
 * Believable reports in, what the program caused of one metric out, estimated task by task. Pure.
 *
 * With A what treated tasks used in the window and C the forecast of the same without the program (`counterfactual.ts`), the
 * change is A/C - 1: of the whole total, tasks that no action touched included. log(A/C) is wrong by the noise of the treated
 * tasks and by that of the forecast; both are summed up agent by agent, because agents are what was drawn by lot and tasks of
 * one agent err together:
 *   V = Σ over treated (u_i / (1 - h_i))² + Σ over held-out q_i² + prior's share,
 *   u_i = (what agent i used - forecast with effects, `effect-model.ts`) / A,
 *   q_i = g' H^-1 s_i / sqrt(1 - k_i), what held-out agent i adds to log C, with s_i its residuals, H the slope of the equations and
 *         k_i the share of its noise that its own pull on the fit hides (as CR2: Bell and McCaffrey, Survey Methodology 28, 2002,
 *         169; Pustejovsky and Tipton, Journal of Business and Economic Statistics 36, 2018, 672).
 * The interval is exp(log(A/C) ± t sqrt(V)) - 1. Few agents in an arm: its variance is moderated by what the other arm's agents
 * say of the same (Smyth, Statistical Applications in Genetics 3, 2004), so that one held-out agent still gives an interval.
 */
import { type Counterfactual, forecastWithoutProgram } from './counterfactual.js';
import { type Explained, explainedByActions } from './effect-model.js';
import { addOuter } from './log-link.js';
import { type Observations, observationsOf } from './observations.js';
import { tQuantile95 } from './student-t.js';
import { dot, solverOf, zeros } from './symmetric.js';
import type { ArmReport } from './window-reports.js';

export interface TaskLevelEstimate {
  /** log(A/C). */
  readonly log: number;
  /** Null when it cannot be known: one agent in each arm. */
  readonly variance: number | null;
  /** Degrees of freedom behind the variance. */
  readonly degrees: number;
  /** Set of actions -> log(A/C) of the treated tasks that got exactly this set, and its variance. */
  readonly groups: ReadonlyMap<number, { readonly log: number; readonly variance: number | null }>;
  readonly level: TaskLevel;
}

/** Where less is of tasks that had anything before, as with errors, most tasks have no ratio: sums say more. */
const coveredMin = 0.95;

/** Undefined when nothing can be forecast: no held-out task has the metric, or no treated one, or most had nothing before. */
export function estimateByTask(reports: readonly ArmReport[], metric: string): TaskLevelEstimate | undefined {
  const seen = observationsOf(reports, metric);
  if (seen.covered < coveredMin) return undefined;
  const without = forecastWithoutProgram(seen);
  if (without === undefined) return undefined;
  const explained = explainedByActions(seen, without);
  const level = { seen, without, explained, residuals: residualsOf(seen, without, explained) };
  const whole = estimateOf(level, undefined);
  if (whole === undefined) return undefined;
  const sets = new Set(seen.actions.subarray(0, seen.count));
  const groups = [...sets].flatMap((set) => {
    const estimate = estimateOf(level, set);
    return estimate === undefined ? [] : [[set, estimate] as const];
  });
  return { ...whole, groups: new Map(groups), level };
}

/** An interval that reaches from a hundredth to a hundred times says nothing. */
const halfWidthMax = Math.log(100);

/** Null when nothing can be stated. */
export function intervalOf({
  log,
  variance,
  degrees,
}: Pick<TaskLevelEstimate, 'log' | 'variance' | 'degrees'>): [number, number] | null {
  const halfWidth = variance === null ? Number.NaN : tQuantile95(degrees) * Math.sqrt(variance);
  if (!(halfWidth <= halfWidthMax)) return null;
  return [Math.expm1(log - halfWidth), Math.expm1(log + halfWidth)];
}

/** What the estimates of one metric share. */
export interface TaskLevel {
  readonly seen: Observations;
  readonly without: Counterfactual;
  readonly explained: Explained;
  /** Agent by agent, as in `seen.agents`. */
  readonly residuals: readonly Residuals[];
}

/** Of one agent: how the forecast fits its tasks, effects taken off. */
export interface Residuals {
  /** Σ weight · x · (ratio - forecast). */
  readonly score: Float64Array;
  /** Of held-out agents, its part of the slope H: Σ weight · forecast · x · x'. */
  readonly slope: readonly Float64Array[];
  /** The same, Σ weight² · x · x': the score's variance where the noise of all tasks is 1 and they are independent. */
  readonly spread: readonly Float64Array[];
  /** Σ weight · x: the score where the noise of all tasks is 1 and they err together. */
  readonly reach: Float64Array;
  /** Σ weight², and Σ weight² · (ratio - forecast)². */
  readonly squares: number;
  readonly offSquares: number;
}

function residualsOf(
  seen: Observations,
  { design, weight, ratio }: Counterfactual,
  { factor }: Explained,
): Residuals[] {
  const residuals = seen.agents.map(({ arm }) => {
    const matrix = () => (arm === 'held-out' ? zeros(design.length) : []);
    const vector = () => new Float64Array(design.length);
    return { score: vector(), reach: vector(), slope: matrix(), spread: matrix(), squares: 0, offSquares: 0 };
  });
  for (let at = 0; at < seen.count; at++) {
    const own = residuals[seen.agent[at] ?? 0] as (typeof residuals)[number];
    const [w, forecast] = [weight[at] ?? 0, ratio[at] ?? 0];
    const off = (seen.after[at] ?? 0) / ((seen.before[at] ?? 1) * (factor[at] ?? 1)) - forecast;
    design.forEach((column, which) => {
      own.score[which] = (own.score[which] ?? 0) + w * (column[at] ?? 0) * off;
      own.reach[which] = (own.reach[which] ?? 0) + w * (column[at] ?? 0);
    });
    own.squares += w * w;
    own.offSquares += (w * off) ** 2;
    if (own.slope.length === 0) continue;
    addOuter(own.slope, design, at, w * forecast);
    addOuter(own.spread, design, at, w * w);
  }
  return residuals;
}

type Estimate = Omit<TaskLevelEstimate, 'groups' | 'level'>;

/** Of the treated tasks with exactly these actions, or of all. */
function estimateOf(level: TaskLevel, set: number | undefined): Estimate | undefined {
  const { seen, without, explained } = level;
  const { design, ratio } = without;
  const gradient = new Float64Array(design.length);
  const own = seen.agents.map(() => ({ off: 0, size: 0, squares: 0 }));
  let [used, forecast] = [0, 0];
  for (let at = 0; at < seen.count; at++) {
    const agent = seen.agent[at] ?? 0;
    const isCounted = set === undefined || seen.actions[at] === set;
    const expected = (seen.before[at] ?? 0) * (ratio[at] ?? 0);
    const withEffects = expected * (explained.factor[at] ?? 1);
    if (!isCounted) continue;
    const part = own[agent] as (typeof own)[number];
    part.off += (seen.after[at] ?? 0) - withEffects;
    part.size += withEffects;
    part.squares += withEffects ** 2 / (seen.tasks[at] ?? 1);
    if (seen.agents[agent]?.arm !== 'treated') continue;
    used += seen.after[at] ?? 0;
    forecast += expected;
    design.forEach((column, which) => {
      gradient[which] = (gradient[which] ?? 0) + expected * (column[at] ?? 0);
    });
  }
  if (!(forecast > 0)) return undefined;
  const log = Math.log(used / forecast);
  if (!(used > 0)) return { log, variance: null, degrees: 0 };
  const inTreated = own.filter(({ size }, at) => size > 0 && seen.agents[at]?.arm === 'treated');
  const inHeldOut = own.filter(({ size }, at) => size > 0 && seen.agents[at]?.arm === 'held-out');
  const treated = noiseOfTreated(inTreated, inHeldOut, explained.inflation);
  const control = noiseOfForecast(
    level,
    gradient.map((value) => value / forecast),
  );
  return { log, ...together(treated, control) };
}

export interface Noise {
  readonly variance: number | null;
  readonly degrees: number;
}

/** At most so many agents' worth is lent to an arm by the other one. */
const lentMax = 8;

function noiseOfTreated(
  treated: readonly { off: number; size: number; squares: number }[],
  heldOut: readonly { off: number; size: number }[],
  inflation: number,
): Noise {
  const count = treated.length;
  const size = treated.reduce((sum, part) => sum + part.size, 0);
  const own = treated.reduce((sum, part) => sum + (part.off / size / (1 - part.size / size)) ** 2, 0);
  const degrees = effectiveCount(treated.map((part) => (part.size / size) ** 2)) - 1;
  const relative = heldOut.map((part) => (part.off / part.size) ** 2);
  const shares = treated.reduce((sum, part) => sum + (part.size / size) ** 2, 0);
  const lent = (shares * relative.reduce((sum, one) => sum + one, 0)) / Math.max(1, relative.length);
  return moderated(
    { variance: count < 2 || !Number.isFinite(own) ? null : inflation * own, degrees },
    { variance: lent, degrees: Math.min(lentMax, relative.length - 1) },
  );
}

/** Of log C when `gradient` is its derivative by the coefficients of the forecast. */
export function noiseOfForecast(
  { seen, without, residuals, explained }: TaskLevel,
  gradient: Float64Array,
): Noise {
  const { fit, penalty, noise } = without;
  const solve = solverOf(fit.slope);
  if (solve === undefined) return { variance: null, degrees: 0 };
  const direction = solve(gradient);
  const treated = residuals.filter((_, at) => seen.agents[at]?.arm === 'treated');
  const heldOut = residuals.filter((_, at) => seen.agents[at]?.arm === 'held-out');
  const own = heldOut.map(({ score, slope }) => {
    const pulled = Float64Array.from(slope, (line) => dot(line, direction));
    const hidden = dot(pulled, solve(pulled)) / dot(direction, pulled);
    return dot(direction, score) ** 2 / (1 - hidden);
  });
  const expected = heldOut.map(({ spread }) =>
    dot(
      direction,
      Float64Array.from(spread, (line) => dot(line, direction)),
    ),
  );
  const { alone, shared } = componentsOf(treated);
  const lent =
    explained.inflation *
    (alone * sumOf(expected, (one) => one) +
      shared * sumOf(heldOut, ({ reach }) => dot(direction, reach) ** 2));
  const sum = sumOf(own, (one) => one);
  const { variance, degrees } = moderated(
    {
      variance: own.length < 2 || !Number.isFinite(sum) ? null : sum,
      degrees: effectiveCount(expected) - 1,
    },
    {
      variance: lent,
      degrees: Math.min(lentMax, treated.length - 1),
    },
  );
  const prior = penalty.reduce(
    (total, strength, at) => total + noise * strength * (direction[at] ?? 0) ** 2,
    0,
  );
  return { variance: variance === null ? null : variance + prior, degrees };
}

/**
 * Variance of one task's noise that is its own, and that it shares with all tasks of its agent: what agents' scores for x = 1
 * vary more than independent tasks would is shared (the random effects of Imbens and Kolesár, Review of Economics and Statistics
 * 98, 2016, 701).
 */
function componentsOf(agents: readonly Residuals[]): { alone: number; shared: number } {
  const squares = sumOf(agents, (agent) => agent.squares);
  const together = sumOf(agents, ({ reach }) => (reach[0] ?? 0) ** 2);
  const ofTasks = sumOf(agents, ({ offSquares }) => offSquares) / squares;
  const ofAgents = sumOf(agents, ({ score }) => (score[0] ?? 0) ** 2);
  // Where each agent has one task, nothing tells the two apart, and nothing needs to.
  if (!(together > squares * 1.001)) return { alone: ofAgents / squares, shared: 0 };
  const shared = Math.max(0, (ofAgents - ofTasks * squares) / (together - squares));
  return { alone: Math.max(0, ofTasks - shared), shared };
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

/** Kish's: as many alike ones would say as much. */
function effectiveCount(sizes: readonly number[]): number {
  const sum = sizes.reduce((total, size) => total + size, 0);
  const squares = sizes.reduce((total, size) => total + size ** 2, 0);
  return squares > 0 ? sum ** 2 / squares : 0;
}

function moderated(own: Noise, lent: Noise): Noise {
  const parts = [own, lent].filter(({ variance, degrees }) => variance !== null && degrees > 0);
  const degrees = parts.reduce((sum, part) => sum + part.degrees, 0);
  if (degrees === 0) return { variance: null, degrees: 0 };
  const weighted = parts.reduce((sum, part) => sum + part.degrees * (part.variance ?? 0), 0);
  return { variance: weighted / degrees, degrees };
}

/** Satterthwaite (Biometrics Bulletin 2, 1946, 110) and Welch (Biometrika 34, 1947, 28). */
export function together(one: Noise, other: Noise): { variance: number | null; degrees: number } {
  if (one.variance === null || other.variance === null) return { variance: null, degrees: 0 };
  const variance = one.variance + other.variance;
  const squares = one.variance ** 2 / one.degrees + other.variance ** 2 / other.degrees;
  return { variance, degrees: variance === 0 ? 1 : variance ** 2 / squares };
}
