/**
 * Believable reports in, what the program caused of one metric out, estimated task by task. Pure.
 *
 * With A what treated tasks used in the window and C the forecast of the same without the program (`counterfactual.ts`), the
 * change is A/C - 1: of the whole total, tasks that no action touched included. log(A/C) is wrong by the noise of the treated
 * tasks and by that of the forecast; both are summed up agent by agent, because agents are what was drawn by lot and tasks of
 * one agent err together:
 *   V = Σ over treated (u_i / (1 - h_i))² + Σ over held-out q_i² + prior's share,
 *   u_i = (what agent i used - forecast with effects, `effect-model.ts`) / A,
 *   q_i = g' (H - H_i)^-1 s_i, the change of log C when held-out agent i is left out (one-step jackknife, CR3: Bell and McCaffrey,
 *         Survey Methodology 28, 2002, 169; MacKinnon, Nielsen and Webb, Journal of Econometrics 232, 2023, 272).
 * The interval is exp(log(A/C) ± t sqrt(V)) - 1. Few agents in an arm: its variance is moderated by what the other arm's agents
 * say of the same (Smyth, Statistical Applications in Genetics 3, 2004), so that one held-out agent still gives an interval.
 */
import { type Counterfactual, forecastWithoutProgram } from './counterfactual.js';
import { explainedByActions } from './effect-model.js';
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
}

/** Undefined when nothing can be forecast: no held-out task has the metric, or no treated one. */
export function estimateByTask(reports: readonly ArmReport[], metric: string): TaskLevelEstimate | undefined {
  const seen = observationsOf(reports, metric);
  const without = forecastWithoutProgram(seen);
  if (without === undefined) return undefined;
  const explained = explainedByActions(seen, without);
  const residuals = residualsOf(seen, without, explained);
  const whole = estimateOf(seen, without, residuals, explained, undefined);
  if (whole === undefined) return undefined;
  const sets = new Set(seen.actions.subarray(0, seen.count));
  const groups = [...sets].flatMap((set) => {
    const estimate = estimateOf(seen, without, residuals, explained, set);
    return estimate === undefined ? [] : [[set, estimate] as const];
  });
  return { ...whole, groups: new Map(groups) };
}

export function intervalOf({
  log,
  variance,
  degrees,
}: Pick<TaskLevelEstimate, 'log' | 'variance' | 'degrees'>): [number, number] | null {
  const halfWidth = variance === null ? Number.NaN : tQuantile95(degrees) * Math.sqrt(variance);
  if (!Number.isFinite(halfWidth)) return null;
  return [Math.expm1(log - halfWidth), Math.expm1(log + halfWidth)];
}

/** Per agent (index of `seen.agents`): its equations of the forecast, Σ weight · x · (ratio - forecast), effects taken off. */
interface Residuals {
  readonly scores: readonly Float64Array[];
  /** Its part of the slope H. */
  readonly slopes: readonly (readonly Float64Array[])[];
}

function residualsOf(
  seen: Observations,
  { design, weight, ratio }: Counterfactual,
  explained: Float64Array,
): Residuals {
  const scores = seen.agents.map(() => new Float64Array(design.length));
  const slopes = seen.agents.map(({ arm }) => (arm === 'held-out' ? zeros(design.length) : []));
  for (let at = 0; at < seen.count; at++) {
    const agent = seen.agent[at] ?? 0;
    const forecast = ratio[at] ?? 0;
    const off = (seen.after[at] ?? 0) / ((seen.before[at] ?? 1) * (explained[at] ?? 1)) - forecast;
    const score = scores[agent] as Float64Array;
    design.forEach((column, which) => {
      score[which] = (score[which] ?? 0) + (weight[at] ?? 0) * (column[at] ?? 0) * off;
    });
    const slope = slopes[agent] ?? [];
    if (slope.length > 0) addOuter(slope, design, at, (weight[at] ?? 0) * forecast);
  }
  return { scores, slopes };
}

type Estimate = Omit<TaskLevelEstimate, 'groups'>;

/** Of the treated tasks with exactly these actions, or of all. */
function estimateOf(
  seen: Observations,
  without: Counterfactual,
  residuals: Residuals,
  explained: Float64Array,
  set: number | undefined,
): Estimate | undefined {
  const { design, ratio } = without;
  const gradient = new Float64Array(design.length);
  const own = seen.agents.map(() => ({ off: 0, size: 0, squares: 0 }));
  let [used, forecast] = [0, 0];
  for (let at = 0; at < seen.count; at++) {
    const agent = seen.agent[at] ?? 0;
    const isCounted = set === undefined || seen.actions[at] === set;
    const expected = (seen.before[at] ?? 0) * (ratio[at] ?? 0);
    const withEffects = expected * (explained[at] ?? 1);
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
  const treated = noiseOfTreated(inTreated, inHeldOut);
  const control = noiseOfForecast(
    seen,
    without,
    residuals,
    gradient.map((value) => value / forecast),
  );
  return { log, ...together(treated, control) };
}

interface Noise {
  readonly variance: number | null;
  readonly degrees: number;
}

/** At most so many agents' worth is lent to an arm by the other one. */
const lentMax = 8;

function noiseOfTreated(
  treated: readonly { off: number; size: number; squares: number }[],
  heldOut: readonly { off: number; size: number }[],
): Noise {
  const count = treated.length;
  const size = treated.reduce((sum, part) => sum + part.size, 0);
  const own = treated.reduce((sum, part) => sum + (part.off / size / (1 - part.size / size)) ** 2, 0);
  const degrees = effectiveCount(treated.map((part) => (part.size / size) ** 2)) - 1;
  const relative = heldOut.map((part) => (part.off / part.size) ** 2);
  const shares = treated.reduce((sum, part) => sum + (part.size / size) ** 2, 0);
  const lent = (shares * relative.reduce((sum, one) => sum + one, 0)) / Math.max(1, relative.length);
  return moderated(
    { variance: count < 2 || !Number.isFinite(own) ? null : ((count - 1) / count) * own, degrees },
    { variance: lent, degrees: Math.min(lentMax, relative.length - 1) },
  );
}

function noiseOfForecast(
  seen: Observations,
  { fit, penalty, noise }: Counterfactual,
  { scores, slopes }: Residuals,
  gradient: Float64Array,
): Noise {
  const solve = solverOf(fit.slope);
  if (solve === undefined) return { variance: null, degrees: 0 };
  const direction = solve(gradient);
  const own: number[] = [];
  const expected: number[] = [];
  const lent: number[] = [];
  for (const [at, { arm }] of seen.agents.entries()) {
    const score = scores[at] as Float64Array;
    if (arm === 'treated') {
      lent.push(dot(direction, score) ** 2);
      continue;
    }
    const slope = slopes[at] as readonly Float64Array[];
    const others = solverOf(
      fit.slope.map((line, row) => line.map((value, column) => value - (slope[row]?.[column] ?? 0))),
    );
    own.push(others === undefined ? Number.NaN : dot(others(gradient), score) ** 2);
    expected.push(slope.reduce((sum, line, row) => sum + (direction[row] ?? 0) * dot(line, direction), 0));
  }
  const count = own.length;
  const sum = own.reduce((total, one) => total + one, 0);
  const mean = lent.reduce((total, one) => total + one, 0) / Math.max(1, lent.length);
  const { variance, degrees } = moderated(
    {
      variance: count < 2 || !Number.isFinite(sum) ? null : ((count - 1) / count) * sum,
      degrees: effectiveCount(expected) - 1,
    },
    { variance: count * mean, degrees: Math.min(lentMax, lent.length - 1) },
  );
  const prior = penalty.reduce(
    (total, strength, at) => total + noise * strength * (direction[at] ?? 0) ** 2,
    0,
  );
  return { variance: variance === null ? null : variance + prior, degrees };
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
function together(one: Noise, other: Noise): { variance: number | null; degrees: number } {
  if (one.variance === null || other.variance === null) return { variance: null, degrees: 0 };
  const variance = one.variance + other.variance;
  const squares = one.variance ** 2 / one.degrees + other.variance ** 2 / other.degrees;
  return { variance, degrees: variance === 0 ? 1 : variance ** 2 / squares };
}
