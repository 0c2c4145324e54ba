/** The metrics that every agent measures by task, in the order of their columns in histories and reports. */
import type { TaskView } from './workload.js';

export const measuredMetrics = ['cost', 'latency', 'throughput', 'memory', 'cpu_time', 'errors'] as const;

/** Values of one row, in the order of `measuredMetrics`; a metric the workload does not know reads 0. */
export function readRow(view: TaskView, row: number, into: Float64Array): Float64Array {
  measuredMetrics.forEach((metric, at) => {
    into[at] = view.columns[metric]?.[row] ?? 0;
  });
  return into;
}

/** Sum of a column over the rows. */
export function sumOf(view: TaskView, field: string): number {
  const column = view.columns[field];
  let sum = 0;
  for (let row = 0; column !== undefined && row < view.rows; row++) sum += column[row] ?? 0;
  return sum;
}
