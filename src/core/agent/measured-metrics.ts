/** The metrics that every agent measures by task, in the order of their columns in histories and reports. */
import type { TaskView } from './workload.js';

export const measuredMetrics = ['cost', 'latency', 'throughput', 'memory', 'cpu_time', 'errors'] as const;

/** Values of one row, in the order of `measuredMetrics`; what the task does not have reads NaN. */
export function readRow(view: TaskView, row: number, into: Float64Array): Float64Array {
  measuredMetrics.forEach((metric, at) => {
    into[at] = view.columns[metric]?.[row] ?? Number.NaN;
  });
  return into;
}

/** Over the rows that have a value; undefined when there is no column, or no row has one. */
export function totalOf(
  view: TaskView,
  field: string,
): { readonly sum: number; readonly rows: number } | undefined {
  const column = view.columns[field];
  if (column === undefined) return undefined;
  let sum = 0;
  let rows = 0;
  for (let row = 0; row < view.rows; row++) {
    const value = column[row] as number;
    if (!Number.isFinite(value)) continue;
    sum += value;
    rows++;
  }
  return rows === 0 && view.rows > 0 ? undefined : { sum, rows };
}
