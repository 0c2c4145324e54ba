/**
 * What resources cost, read off the recorded tasks: cost = region price x (a x CPU + b x memory + c x network), fitted by
 * least squares of the relative error. Where the fit holds, an effect on a resource becomes an effect on cost task by
 * task, so that what was learned on one set of tasks holds for another.
 */
import type { TaskTable } from '../bytecode/task-table.js';

/** Resources that are paid for, by their field names. */
export const pricedResources = ['cpu_time', 'memory', 'network'] as const;

export interface ResourcePrices {
  /** Dollars per hour and base unit at list price, in the order of `pricedResources`. */
  readonly perUnit: readonly number[];
}

/** A fit that explains less than this share of the costs is not used. */
const explainedMin = 0.9;

/** Undefined when the table lacks a field or the costs do not follow the resources. */
export function fitResourcePrices(table: TaskTable): ResourcePrices | undefined {
  const cost = table.columns.cost;
  const columns = pricedResources.map((resource) => table.columns[resource]);
  if (cost === undefined || columns.some((column) => column === undefined)) return undefined;
  const normal = pricedResources.map(() => new Float64Array(pricedResources.length + 1));
  const design = new Float64Array(pricedResources.length);
  let rows = 0;
  for (let row = 0; row < table.rows; row++) {
    const paid = cost[row] ?? 0;
    if (!(paid > 0)) continue;
    rows++;
    designOf(table, row, design);
    normal.forEach((equation, at) => {
      const weighted = (design[at] ?? 0) / paid;
      for (let other = 0; other < design.length; other++)
        equation[other] = (equation[other] ?? 0) + (weighted * (design[other] ?? 0)) / paid;
      equation[design.length] = (equation[design.length] ?? 0) + weighted;
    });
  }
  const perUnit = solveUsed(normal);
  if (rows === 0 || perUnit === undefined || perUnit.some((price) => !(price >= 0))) return undefined;
  return explainedShare(table, perUnit) >= explainedMin ? { perUnit } : undefined;
}

/** Share of each task's cost that a resource makes up, one column per resource; what is left over is none of them. */
export function costShares({ perUnit }: ResourcePrices, table: TaskTable): Float64Array[] {
  const shares = pricedResources.map(() => new Float64Array(table.rows));
  const design = new Float64Array(pricedResources.length);
  for (let row = 0; row < table.rows; row++) {
    const paid = table.columns.cost?.[row] ?? 0;
    if (!(paid > 0)) continue;
    designOf(table, row, design);
    for (let at = 0; at < design.length; at++) {
      (shares[at] as Float64Array)[row] = ((design[at] ?? 0) * (perUnit[at] ?? 0)) / paid;
    }
  }
  return shares;
}

function designOf(table: TaskTable, row: number, into: Float64Array): void {
  const level = table.columns.region_price?.[row] ?? 1;
  pricedResources.forEach((resource, at) => {
    const used = table.columns[resource]?.[row] ?? 0;
    // A task without a network of its own, say, pays for none.
    into[at] = Number.isFinite(used) ? used * level : 0;
  });
}

function explainedShare(table: TaskTable, perUnit: readonly number[]): number {
  const design = new Float64Array(perUnit.length);
  let missed = 0;
  let total = 0;
  for (let row = 0; row < table.rows; row++) {
    const paid = table.columns.cost?.[row] ?? 0;
    designOf(table, row, design);
    const fitted = design.reduce((sum, value, at) => sum + value * (perUnit[at] ?? 0), 0);
    missed += Math.abs(paid - fitted);
    total += paid;
  }
  return total > 0 ? 1 - missed / total : 0;
}

/** What no task uses has no price that could be told, and needs none: it is left out of the system. */
function solveUsed(system: readonly Float64Array[]): number[] | undefined {
  const used = system.flatMap((equation, at) => ((equation[at] ?? 0) > 0 ? [at] : []));
  const reduced = used.map((at) => {
    const equation = system[at] as Float64Array;
    return Float64Array.from([...used, system.length], (column) => equation[column] ?? 0);
  });
  const prices = solve(reduced);
  return prices && system.map((_, at) => prices[used.indexOf(at)] ?? 0);
}

/** Gauss elimination with pivoting of the small augmented system; undefined when it has no unique solution. */
function solve(system: readonly Float64Array[]): number[] | undefined {
  const rows = system.map((equation) => Float64Array.from(equation));
  const size = rows.length;
  // Resources differ by many powers of ten: each unknown is scaled by its own diagonal first.
  const scale = rows.map((equation, at) => Math.sqrt(equation[at] ?? 0));
  if (scale.some((value) => !(value > 0))) return undefined;
  rows.forEach((equation, row) => {
    for (let column = 0; column < size; column++)
      equation[column] = (equation[column] ?? 0) / ((scale[row] ?? 1) * (scale[column] ?? 1));
    equation[size] = (equation[size] ?? 0) / (scale[row] ?? 1);
  });
  for (let pivot = 0; pivot < size; pivot++) {
    let best = pivot;
    for (let row = pivot + 1; row < size; row++)
      if (Math.abs(rows[row]?.[pivot] ?? 0) > Math.abs(rows[best]?.[pivot] ?? 0)) best = row;
    swap(rows, pivot, best);
    const lead = rows[pivot]?.[pivot] ?? 0;
    if (Math.abs(lead) < 1e-9) return undefined;
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = (rows[row]?.[pivot] ?? 0) / lead;
      for (let column = pivot; column <= size; column++) {
        (rows[row] as Float64Array)[column] =
          (rows[row]?.[column] ?? 0) - factor * (rows[pivot]?.[column] ?? 0);
      }
    }
  }
  return rows.map((equation, at) => (equation[size] ?? 0) / (equation[at] ?? 1) / (scale[at] ?? 1));
}

function swap<T>(values: T[], one: number, other: number): void {
  const kept = values[one] as T;
  values[one] = values[other] as T;
  values[other] = kept;
}
