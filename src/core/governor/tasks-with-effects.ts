/**
 * A task table and programs in; task by task, in row order, what each of the programs would do to it, out. A chunk of
 * tasks at a time, so that a large table and many effects need no more memory than a small one.
 */
import type { ProgramInstance } from '../bytecode/instance.js';
import { bytecodeLimits } from '../bytecode/limits.js';
import type { TaskTable } from '../bytecode/task-table.js';

export interface ProposedEffect {
  readonly code: number;
  readonly argument: number;
}

export interface TaskEffects {
  readonly row: number;
  /** One list per program, in the order in which it proposes them. */
  readonly effects: readonly (readonly ProposedEffect[])[];
}

export interface ProgramRun {
  readonly instance: ProgramInstance;
  readonly parameters: Readonly<Record<string, number>>;
}

/** Tasks that none of the programs touches are passed over. */
export function* tasksWithEffects(table: TaskTable, runs: readonly ProgramRun[]): Generator<TaskEffects> {
  for (let from = 0; from < table.rows; from += bytecodeLimits.chunkRows) {
    const chunk = chunkOf(table, from);
    const lists = runs.map((run) => effectsByRow(chunk, run));
    for (let row = 0; row < chunk.rows; row++) {
      const effects = lists.map((rows) => rows[row] ?? []);
      if (effects.some((list) => list.length > 0)) yield { row: from + row, effects };
    }
  }
}

function chunkOf({ rows, columns }: TaskTable, from: number): TaskTable {
  const to = Math.min(rows, from + bytecodeLimits.chunkRows);
  const parts = Object.entries(columns).map(([name, values]) => [name, values.subarray(from, to)] as const);
  return { rows: to - from, columns: Object.fromEntries(parts) };
}

function effectsByRow(chunk: TaskTable, { instance, parameters }: ProgramRun): ProposedEffect[][] {
  const rows: ProposedEffect[][] = Array.from({ length: chunk.rows }, () => []);
  instance.run(chunk, parameters, (code, row, argument) => {
    // A zero has no sign.
    rows[row]?.push({ code, argument: argument + 0 });
  });
  return rows;
}
