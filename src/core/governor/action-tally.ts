/** A program, its parameters and a task table in; how often it would do what, to how many tasks and how strongly, out. */
import type { ProgramInstance } from '../bytecode/instance.js';
import type { ManifestAction } from '../bytecode/manifest.js';
import type { TaskTable } from '../bytecode/task-table.js';
import type { QuantityName } from '../language/units/units.js';

export interface ActionTally {
  readonly action: string;
  readonly effects: number;
  readonly tasks: number;
  /** Of all tasks, 0 to 1. */
  readonly share: number;
  /** Over the effects, in the base unit; null when the action takes no argument, or never happened. */
  readonly argument: {
    readonly unit: QuantityName;
    readonly min: number;
    readonly mean: number;
    readonly max: number;
  } | null;
}

export interface ActionTallies {
  readonly tasksTouched: number;
  readonly effects: number;
  readonly perAction: readonly ActionTally[];
}

export function tallyActions(
  instance: ProgramInstance,
  table: TaskTable,
  parameters: Readonly<Record<string, number>>,
): ActionTallies {
  const { actions } = instance.program.manifest;
  const counters = new Map(actions.map(({ code }) => [code, counterFor(table.rows)]));
  const touched = counterFor(table.rows);
  const { effects } = instance.run(table, parameters, (code, row, proposed) => {
    const argument = proposed + 0; // A zero has no sign.
    count(touched, row, argument);
    const counter = counters.get(code);
    if (counter !== undefined) count(counter, row, argument);
  });
  return {
    tasksTouched: touched.tasks,
    effects,
    perAction: actions.map((action) => tallyOf(action, counters.get(action.code), table.rows)),
  };
}

interface Counter {
  readonly seen: Uint8Array;
  tasks: number;
  effects: number;
  min: number;
  max: number;
  sum: number;
}

function counterFor(rows: number): Counter {
  const [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return { seen: new Uint8Array(rows), tasks: 0, effects: 0, min, max, sum: 0 };
}

function count(counter: Counter, row: number, argument: number): void {
  counter.effects += 1;
  counter.sum += argument;
  if (argument < counter.min) counter.min = argument;
  if (argument > counter.max) counter.max = argument;
  if (counter.seen[row] === 1) return;
  counter.seen[row] = 1;
  counter.tasks += 1;
}

function tallyOf(action: ManifestAction, counter: Counter | undefined, rows: number): ActionTally {
  const { tasks, effects, min, max, sum } = counter ?? counterFor(0);
  const declared = action.arguments[0];
  return {
    action: action.name,
    effects,
    tasks,
    share: rows === 0 ? 0 : tasks / rows,
    argument:
      declared === undefined || effects === 0
        ? null
        : { unit: declared.unit, min, mean: clamped(sum / effects, min, max), max },
  };
}

/** Rounding may put the mean of equal arguments beside them. */
function clamped(mean: number, min: number, max: number): number {
  return Math.min(Math.max(mean, min), max);
}
