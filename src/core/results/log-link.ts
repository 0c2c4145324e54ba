/**
 * Ratios after/before of many tasks and what is known of each in, how the ratios depend on it out: E[ratio] = exp(offset +
 * x · β). Pure. β solves Σ weight · x · (ratio − exp(offset + x · β)) = Λ β, the estimating equations of Poisson pseudo maximum
 * likelihood (Gourieroux, Monfort and Trognon, Econometrica 52, 1984, 701; Santos Silva and Tenreyro, "The Log of Gravity",
 * Review of Economics and Statistics 88, 2006, 641): on the scale of logarithms, yet right about means, which sums of money
 * are made of, whatever the noise, and at ease with tasks that fall to nothing. Λ is a normal prior around 0.
 */
import { dot, type Matrix, solverOf, zeros } from './symmetric.js';

export interface RatioRows {
  readonly count: number;
  /** Columns of x; each has `count` values. */
  readonly design: readonly Float64Array[];
  readonly ratio: Float64Array;
  readonly weight: Float64Array;
  readonly offset: Float64Array;
}

export interface LogLinkFit {
  readonly coefficients: Float64Array;
  /** exp(offset + x · β), row by row. */
  readonly fitted: Float64Array;
  /** Σ weight · fitted · x · x' + Λ: the derivative of the equations. */
  readonly slope: Matrix;
}

const stepsMax = 50;
const convergedAt = 1e-10;
/** A factor of 5e8: a task beyond it is a mistake, not an effect. */
const exponentMax = 20;

/** `penalty`: Λ's diagonal. Undefined when the rows do not decide β. */
export function fitLogLink(rows: RatioRows, penalty: readonly number[]): LogLinkFit | undefined {
  let coefficients = new Float64Array(rows.design.length);
  let loss = lossOf(rows, penalty, coefficients);
  for (let step = 0; step < stepsMax; step++) {
    const fitted = fittedOf(rows, coefficients);
    const slope = slopeOf(rows, fitted, penalty);
    const solve = solverOf(slope);
    if (solve === undefined || !Number.isFinite(loss)) return undefined;
    const direction = solve(equationsOf(rows, fitted, penalty, coefficients));
    const moved = lineSearch(rows, penalty, { coefficients, direction, loss });
    if (moved === undefined || dot(direction, direction) < convergedAt ** 2)
      return { coefficients, fitted, slope };
    ({ coefficients, loss } = moved);
  }
  return undefined;
}

/** exp(offset + x · β) of rows that may be others than those fitted. */
export function fittedOf(
  { count, design, offset }: Pick<RatioRows, 'count' | 'design' | 'offset'>,
  coefficients: Float64Array,
): Float64Array {
  const fitted = offset.slice(0, count);
  design.forEach((column, at) => {
    const coefficient = coefficients[at] ?? 0;
    for (let row = 0; row < count; row++) fitted[row] = (fitted[row] ?? 0) + coefficient * (column[row] ?? 0);
  });
  return fitted.map((value) => Math.exp(Math.min(Math.max(value, -exponentMax), exponentMax)));
}

/** Newton's step, halved until it leads down: the loss is convex, so it ends at the bottom. */
function lineSearch(
  rows: RatioRows,
  penalty: readonly number[],
  from: { coefficients: Float64Array; direction: Float64Array; loss: number },
): { coefficients: Float64Array<ArrayBuffer>; loss: number } | undefined {
  for (let share = 1; share > 1e-6; share /= 2) {
    const coefficients = Float64Array.from(
      from.coefficients,
      (value, at) => value + share * (from.direction[at] ?? 0),
    );
    const loss = lossOf(rows, penalty, coefficients);
    if (loss < from.loss) return { coefficients, loss };
  }
  return undefined;
}

function lossOf(rows: RatioRows, penalty: readonly number[], coefficients: Float64Array): number {
  const fitted = fittedOf(rows, coefficients);
  let loss = 0;
  for (let row = 0; row < rows.count; row++) {
    const mean = fitted[row] ?? 0;
    loss += (rows.weight[row] ?? 0) * (mean - (rows.ratio[row] ?? 0) * Math.log(mean));
  }
  penalty.forEach((strength, at) => {
    loss += 0.5 * strength * (coefficients[at] ?? 0) ** 2;
  });
  return loss;
}

function equationsOf(
  rows: RatioRows,
  fitted: Float64Array,
  penalty: readonly number[],
  coefficients: Float64Array,
): Float64Array {
  return Float64Array.from(rows.design, (column, at) => {
    let sum = -(penalty[at] ?? 0) * (coefficients[at] ?? 0);
    for (let row = 0; row < rows.count; row++)
      sum += (rows.weight[row] ?? 0) * (column[row] ?? 0) * ((rows.ratio[row] ?? 0) - (fitted[row] ?? 0));
    return sum;
  });
}

function slopeOf(rows: RatioRows, fitted: Float64Array, penalty: readonly number[]): Float64Array[] {
  const slope = zeros(rows.design.length);
  for (let row = 0; row < rows.count; row++)
    addOuter(slope, rows.design, row, (rows.weight[row] ?? 0) * (fitted[row] ?? 0));
  penalty.forEach((strength, at) => {
    const line = slope[at] as Float64Array;
    line[at] = (line[at] ?? 0) + strength;
  });
  return slope;
}

/** Adds weight · x · x' of one row. */
export function addOuter(
  into: readonly Float64Array[],
  design: readonly Float64Array[],
  row: number,
  weight: number,
): void {
  for (let one = 0; one < design.length; one++) {
    const line = into[one] as Float64Array;
    const scaled = weight * (design[one]?.[row] ?? 0);
    for (let other = 0; other < design.length; other++)
      line[other] = (line[other] ?? 0) + scaled * (design[other]?.[row] ?? 0);
  }
}
