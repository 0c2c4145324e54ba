/** The ids that a table gives its tasks: no program reads them, people find a task by them. */

/** The column that holds them, unless it is a field of the capabilities. */
export const labelColumn = 'id';

export class TaskLabels {
  readonly #labels: string[] = [];
  #areThere = false;

  get areThere(): boolean {
    return this.#areThere;
  }

  /** The table has the column, if only with empty cells. */
  begin(): void {
    this.#areThere = true;
  }

  set(row: number, label: string): void {
    while (this.#labels.length < row) this.#labels.push('');
    this.#labels[row] = label;
  }

  /** Undefined when the table has no ids; an empty text is none. */
  finish(rows: number): readonly string[] | undefined {
    if (!this.#areThere) return undefined;
    while (this.#labels.length < rows) this.#labels.push('');
    return this.#labels.slice(0, rows);
  }
}
