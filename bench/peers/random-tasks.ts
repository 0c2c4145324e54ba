/** A number of tasks in, the same random ones out every time: as columns, and as objects. */
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import { createRandom } from '../../src/core/random.js';
import type { TaskObject } from './evaluators.js';

/** Each condition of the reference program holds for half of them. */
export function randomTable(rows: number): TaskTable {
  const random = createRandom(20_261_124);
  const column = (most: number) => Float64Array.from({ length: rows }, () => random() * most);
  return { rows, columns: { cpu_time: column(10), memory: column(2e9), network: column(2e8) } };
}

export function taskObjects({ rows, columns }: TaskTable): TaskObject[] {
  return Array.from({ length: rows }, (_, row) => ({
    cpu_time: columns.cpu_time?.[row] ?? 0,
    memory: columns.memory?.[row] ?? 0,
    network: columns.network?.[row] ?? 0,
  }));
}
