/** Tasks as columns: what a program is run over. */

/** One f64 per task and field, in base units; a column may be longer than `rows`, never shorter. */
export interface TaskTable {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Float64Array>>;
}
