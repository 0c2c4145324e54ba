/** What an agent needs of a task source: the table that programs see, and the means to apply and take back effects. */
import type { TaskTable } from '../bytecode/task-table.js';

export type TaskId = string | number;

/** The tasks now: columns in base units, one row per task, with the identity of each row's task. */
export interface TaskView extends TaskTable {
  readonly ids: readonly TaskId[];
}

export type ApplyOutcome = { readonly applied: true } | { readonly applied: false; readonly reason: string };

export interface Workload {
  /** Shown wherever its figures are shown. */
  readonly name: string;
  /** Labels that say what kind of agent this is; selectors use them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the actions it offers. */
  readonly capabilities: readonly string[];
  /** Brings the tasks up to the given time. */
  advance(nowMs: number): void;
  view(): TaskView;
  /** Applies one effect on behalf of an instruction. */
  apply(effect: { action: string; row: number; argument: number; instruction: string }): ApplyOutcome;
  /** Takes back everything that was applied on behalf of an instruction. */
  revert(instruction: string): void;
  /** Runs completed and failed since the start. */
  counters(): { readonly completed: number; readonly failed: number };
}
