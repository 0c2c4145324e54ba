/** Cells in, in any order of columns, a task table out: columns grow as needed, and what was never set is not measured. */
import type { TaskTable } from '../../bytecode/task-table.js';

export class TableBuilder {
  readonly #columns = new Map<string, GrowingColumn>();
  rows = 0;

  /** The column of a field, made on first use. */
  column(field: string): GrowingColumn {
    const known = this.#columns.get(field);
    if (known !== undefined) return known;
    const column = new GrowingColumn();
    this.#columns.set(field, column);
    return column;
  }

  has(field: string): boolean {
    return this.#columns.has(field);
  }

  finish(): TaskTable {
    const columns = [...this.#columns].map(([field, column]) => [field, column.first(this.rows)] as const);
    return { rows: this.rows, columns: Object.fromEntries(columns) };
  }
}

export class GrowingColumn {
  #values = notMeasured(1_024);

  set(row: number, value: number): void {
    if (row >= this.#values.length) this.#resize(Math.max(row + 1, this.#values.length * 2));
    this.#values[row] = value;
  }

  first(rows: number): Float64Array {
    if (rows > this.#values.length) this.#resize(rows);
    return this.#values.slice(0, rows);
  }

  #resize(rows: number): void {
    const larger = notMeasured(rows);
    larger.set(this.#values);
    this.#values = larger;
  }
}

function notMeasured(rows: number): Float64Array<ArrayBuffer> {
  return new Float64Array(rows).fill(Number.NaN);
}
