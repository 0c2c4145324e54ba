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

/** What a format says about the columns it found, besides the cells. */
export interface FoundColumns {
  readonly ignored: readonly IgnoredColumn[];
  /** Fields that are there, under a header that is wrong. */
  readonly mistaken: readonly string[];
  /** Whether a column that was not found is not there: false when reading stopped before. */
  readonly areAll: boolean;
}

export type TableReading =
  | {
      readonly ok: true;
      readonly table: TaskTable;
      readonly ignored: readonly IgnoredColumn[];
      /** Ids of the tasks, where the table gives some; an empty text is none. */
      readonly labels: readonly string[] | undefined;
      /** The line, from 1, that a task stands on, from row 0; undefined where lines say nothing. */
      readonly lineOf: ((row: number) => number) | undefined;
    }
  | {
      readonly ok: false;
      /** The first ones, with places. */
      readonly problems: readonly TableProblem[];
      /** All of them. */
      readonly count: number;
    };
