/** Task tables in, one table with the rows of all of them out; what one of them lacks was not measured there. */
import type { TaskTable } from '../../bytecode/task-table.js';

export function joinTables(tables: readonly TaskTable[]): TaskTable {
  const [only] = tables;
  if (tables.length === 1 && only !== undefined) return only;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const names = new Set(tables.flatMap((table) => Object.keys(table.columns)));
  const columns = [...names].map((name) => [name, joined(name, tables, rows)] as const);
  return { rows, columns: Object.fromEntries(columns) };
}

function joined(name: string, tables: readonly TaskTable[], rows: number): Float64Array {
  const column = new Float64Array(rows).fill(Number.NaN);
  let from = 0;
  for (const table of tables) {
    const part = table.columns[name];
    if (part !== undefined) column.set(part.subarray(0, table.rows), from);
    from += table.rows;
  }
  return column;
}

/** Ids of the tasks of all tables; undefined when none of them has some. */
export function joinLabels(
  parts: readonly { readonly rows: number; readonly labels: readonly string[] | undefined }[],
): readonly string[] | undefined {
  if (parts.every(({ labels }) => labels === undefined)) return undefined;
  return parts.flatMap(({ rows, labels }) => labels ?? new Array<string>(rows).fill(''));
}
