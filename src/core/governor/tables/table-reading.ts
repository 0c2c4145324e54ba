/** What reading a table is given and what comes of it; the formats share it. */
import type { TaskTable } from '../../bytecode/task-table.js';
import type { TableField } from './column.js';
import type { TableProblem } from './problems.js';

export interface TableOptions {
  /** The fields that tasks may have. */
  readonly fields: readonly TableField[];
  /** Fields without which the table is of no use; what needs them, in words: `the program reads it`. */
  readonly needed: readonly string[];
}

/** A column of the file that is no field. */
export interface IgnoredColumn {
  readonly name: string;
  /** The field that may have been meant. */
  readonly near: string | undefined;
}

export type TableReading =
  | { readonly ok: true; readonly table: TaskTable; readonly ignored: readonly IgnoredColumn[] }
  | {
      readonly ok: false;
      /** The first ones, with places. */
      readonly problems: readonly TableProblem[];
      /** All of them. */
      readonly count: number;
    };
