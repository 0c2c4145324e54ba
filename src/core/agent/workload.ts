/**
 * What an agent needs of a task source: the table that programs see, and the means to apply and take back effects. All of it
 * may be somebody else's code: the agent bounds in time what it waits for, and believes no answer that cannot be true.
 */
import type { TaskTable } from '../bytecode/task-table.js';
import type { Capabilities } from '../language/capabilities.js';

export type TaskId = string | number;

/**
 * The tasks now: columns in base units, one row per task, with the identity of each row's task. A metric that the tasks do
 * not have has no column; one that a single task does not have is NaN in its row.
 */
export interface TaskView extends TaskTable {
  readonly ids: readonly TaskId[];
}

/** One effect to apply, on behalf of an instruction. */
export interface Effect {
  readonly action: string;
  readonly task: TaskId;
  /** Of the task in the view as it is now. */
  readonly row: number;
  /** In base units, within what the action declares; 0 for an action without argument. */
  readonly argument: number;
  readonly instruction: string;
  /** Raised when nobody waits for this effect any more: it took too long, or its instruction is undone. */
  readonly signal: AbortSignal;
}

/** `task`, when it is told, must be the one that was asked for. */
export type ApplyOutcome = { readonly task?: TaskId } & (
  | { readonly applied: true }
  | { readonly applied: false; readonly reason: string }
);

/** How much programs may do to the tasks of an agent; the agent enforces it, and what is left out has no bound. */
export interface EffectBudget {
  /** Effects begun per tick; what is beyond waits for the next one. */
  readonly perTick?: number;
  /** Effects in force on one task, of all instructions together. */
  readonly perTask?: number;
  /** Time between two effects on one task. */
  readonly cooldownMs?: number;
}

/** Runs of tasks since the start. */
export interface RunCounts {
  readonly completed: number;
  readonly failed: number;
}

export interface Workload {
  /** Shown wherever its figures are shown. */
  readonly name: string;
  /** Labels that say what kind of agent this is; selectors use them. */
  readonly labels: Readonly<Record<string, string>>;
  /** The whole declared offer: fields with units, actions with codes and arguments. Asked once. */
  readonly capabilities: Capabilities;
  /** None: programs may do what the capabilities allow. */
  readonly budget?: EffectBudget;
  /** By action, how long one effect of it may take; `limits.effectWithinMs` for those that are not named. */
  readonly withinMs?: Readonly<Record<string, number>>;
  /** Ticks of one second to live through before the agent shows itself: what is simulated has a past, what is real has not. */
  readonly warmUpTicks?: number;
  /**
   * Reads what the tasks are now, before a tick. Awaited for a bounded time, until the signal is raised; when it throws or
   * takes too long, the tick is missed.
   */
  refresh?(nowMs: number, signal: AbortSignal): Promise<void>;
  /** Brings the tasks up to the given time, from what is known; at once. */
  advance(nowMs: number): void;
  view(): TaskView;
  /**
   * Applies one effect. A promise is awaited beside the ticks, one at a time for each task. An effect that the workload has
   * applied in an earlier life may come once more after a restart, and must not act twice.
   */
  apply(effect: Effect): ApplyOutcome | Promise<ApplyOutcome>;
  /** Takes back everything that was applied on behalf of an instruction, in earlier lives too; may be asked again. */
  revert(instruction: string): void | Promise<void>;
  /** Undefined where the tasks have no runs that can be counted. */
  counters(): RunCounts | undefined;
  /** Called once, last. What was applied stays applied. */
  close?(): Promise<void>;
}
