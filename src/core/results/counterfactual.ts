/**
 * Tasks of both arms in, what each would have used in the window without the program out. Pure.
 *
 * The hold-out alone says how tasks drift: E[after/before] = exp(x · β), fitted to its tasks (`log-link.ts`) with x = 1, how far
 * the reading at go-live was off the mean before it (what returns to the mean by itself), and the levels before. The forecast
 * for all tasks is before · exp(x · β), as in the imputation estimators of differences in differences (Borusyak, Jaravel and
 * Spiess, Review of Economic Studies 91, 2024, 3253): nothing is assumed of what the program does. With few held-out tasks the
 * slopes are held near 0 by a normal prior, so that their mean decides.
 */
import { fitLogLink, fittedOf, type LogLinkFit, type RatioRows } from './log-link.js';
import type { Observations } from './observations.js';

export interface Counterfactual {
  /** x: a column of ones, then the controls. */
  readonly design: readonly Float64Array[];
  readonly weight: Float64Array;
  /** after/before without the program, forecast. */
  readonly ratio: Float64Array;
  readonly fit: LogLinkFit;
  /** Diagonal of the prior's precision, in units of the equations. */
  readonly penalty: readonly number[];
  /** Variance of after/before around its forecast, relative to it. */
  readonly noise: number;
}

/** Prior standard deviations: by how much more a task drifts that is one standard deviation off the others. */
const priorSd = { deviation: 0.1, level: 0.02 } as const;
/** A few held-out tasks that happen to agree do not make a law: 1 %. */
const noiseMin = 1e-4;

/** Undefined when no held-out agent has a task of the metric, or their tasks all fell to nothing. */
export function forecastWithoutProgram(seen: Observations): Counterfactual | undefined {
  const design = [new Float64Array(seen.count).fill(1), ...seen.controls.map(({ column }) => column)];
  const weight = weightsOf(seen);
  const control = rowsWhere(seen, design, weight, 'held-out');
  const noise = relativeNoise(control);
  if (noise === undefined) return undefined;
  const penalty = [0, ...seen.controls.map(({ kind }) => noise / priorSd[kind] ** 2)];
  const fit = fitLogLink(control, penalty);
  if (fit === undefined) return undefined;
  const offset = new Float64Array(seen.count);
  const ratio = fittedOf({ count: seen.count, design, offset }, fit.coefficients);
  return { design, weight, ratio, fit, penalty, noise };
}

/**
 * By the root of the level: half way between every task alike (small ones, which hold little and are noisy, would decide) and
 * by level (a few large ones would). It forecasts totals of heavy-tailed tasks best when the level is among the controls.
 */
function weightsOf({ count, before, tasks }: Observations): Float64Array {
  return Float64Array.from({ length: count }, (_, at) => Math.sqrt((before[at] ?? 0) * (tasks[at] ?? 0)));
}

/** Those of one arm. */
function rowsWhere(
  seen: Observations,
  design: readonly Float64Array[],
  weight: Float64Array,
  arm: 'treated' | 'held-out',
): RatioRows {
  const chosen: number[] = [];
  for (let at = 0; at < seen.count; at++) {
    if (seen.agents[seen.agent[at] ?? 0]?.arm === arm) chosen.push(at);
  }
  const pick = (column: Float64Array) => Float64Array.from(chosen, (at) => column[at] ?? 0);
  return {
    count: chosen.length,
    design: design.map(pick),
    ratio: Float64Array.from(chosen, (at) => (seen.after[at] ?? 0) / (seen.before[at] ?? 1)),
    weight: pick(weight),
    offset: new Float64Array(chosen.length),
  };
}

function relativeNoise({ count, ratio, weight }: RatioRows): number | undefined {
  let [weights, sum, squares] = [0, 0, 0];
  for (let row = 0; row < count; row++) {
    const [w, r] = [weight[row] ?? 0, ratio[row] ?? 0];
    weights += w;
    sum += w * r;
    squares += w * r * r;
  }
  if (!(sum > 0)) return undefined;
  return Math.max(noiseMin, (squares * weights) / sum ** 2 - 1);
}
