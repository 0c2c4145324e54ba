/**
 * Two simulated programs and the table they share in, where they differ out: per action, per metric, and task by task.
 * Effects of a task are compared in the order in which agents would apply them.
 */
import { instantiateProgram } from '../bytecode/instance.js';
import { withoutSignature } from '../bytecode/signature.js';
import type { TaskTable } from '../bytecode/task-table.js';
import type { VerifiedProgram } from '../bytecode/verify.js';
import type { FieldUnit } from '../language/capabilities.js';
import type { QuantityName } from '../language/units/units.js';
import type { ActionTally } from './action-tally.js';
import type { PredictedChange, SimulationReport } from './simulate.js';
import type { TableField } from './tables/column.js';
import { type ProposedEffect, tasksWithEffects } from './tasks-with-effects.js';

export interface ComparedProgram {
  readonly program: VerifiedProgram;
  readonly parameters: Readonly<Record<string, number>>;
  readonly report: SimulationReport;
}

export interface ComparisonRequest {
  readonly first: ComparedProgram;
  readonly second: ComparedProgram;
  readonly table: TaskTable;
  /** Where the names of fields of unit `name` stand. */
  readonly fields: readonly TableField[];
  /** Differing tasks that are shown. */
  readonly examplesMax: number;
  /** Where the task of a row comes from, when the table came from files. */
  readonly originOf?: ((row: number) => TaskOrigin) | undefined;
}

export interface TaskOrigin {
  readonly file: string;
  /** The task's place in that file, from 1. */
  readonly task: number;
  /** The line that it stands on; null where lines say nothing. */
  readonly line: number | null;
  /** What the file calls it; null when it says nothing. */
  readonly id: string | null;
}

export interface ComparisonReport {
  /** The same program with the same parameters, signatures aside. */
  readonly identical: boolean;
  readonly tasks: TaskComparison;
  readonly perAction: readonly ComparedAction[];
  /** Metrics that both predict. */
  readonly changes: Readonly<Record<string, ComparedChange>>;
}

export interface TaskComparison {
  /** Tasks whose effects differ, those of the next two lines included. */
  readonly differing: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly examples: readonly TaskExample[];
}

export interface TaskExample {
  /** The task's place in the table, from 1. */
  readonly task: number;
  /** Null when the table came from a fleet. */
  readonly origin: TaskOrigin | null;
  /** What the programs read of it. */
  readonly fields: readonly ExampleField[];
  readonly first: readonly NamedEffect[];
  readonly second: readonly NamedEffect[];
}

export interface ExampleField {
  readonly name: string;
  readonly unit: FieldUnit;
  /** In the base unit, or a name where the unit is `name`; null: not measured. */
  readonly value: number | string | null;
}

export interface NamedEffect {
  readonly action: string;
  /** In the base unit of `unit`; both are null when the action takes no argument. */
  readonly argument: number | null;
  readonly unit: QuantityName | null;
}

/** Null: the program cannot cause this action. `difference` is second minus first. */
export interface ComparedAction {
  readonly action: string;
  readonly first: ActionTally | null;
  readonly second: ActionTally | null;
  readonly difference: { readonly effects: number; readonly tasks: number };
}

export interface ComparedChange {
  readonly first: PredictedChange;
  readonly second: PredictedChange;
  /** Second minus first: of what is expected afterwards, in the base unit, and of the relative change. */
  readonly difference: { readonly after: number; readonly change: number };
}

export function comparePrograms(request: ComparisonRequest): ComparisonReport {
  const { first, second } = request;
  return {
    identical: isSame(first, second),
    tasks: compareTasks(request),
    perAction: compareActions(first.report.perAction, second.report.perAction),
    changes: compareChanges(first.report.prediction.changes, second.report.prediction.changes),
  };
}

function isSame(first: ComparedProgram, second: ComparedProgram): boolean {
  const [one, other] = [first, second].map(({ program }) => Buffer.from(withoutSignature(program.bytes)));
  const values = ({ report }: ComparedProgram) => report.program.parameters.map(({ value }) => value);
  return (
    one !== undefined &&
    other !== undefined &&
    one.equals(other) &&
    `${values(first)}` === `${values(second)}`
  );
}

function compareTasks(request: ComparisonRequest): TaskComparison {
  const { first, second, table, examplesMax, originOf } = request;
  const runs = [first, second].map(({ program, parameters }) => ({
    instance: instantiateProgram(program),
    parameters,
  }));
  let [differing, onlyFirst, onlySecond] = [0, 0, 0];
  const examples: TaskExample[] = [];
  for (const { row, effects } of tasksWithEffects(table, runs)) {
    const [one = [], other = []] = effects;
    if (isSameList(one, other)) continue;
    differing += 1;
    if (other.length === 0) onlyFirst += 1;
    if (one.length === 0) onlySecond += 1;
    if (examples.length >= examplesMax) continue;
    examples.push({
      task: row + 1,
      origin: originOf?.(row) ?? null,
      fields: fieldsOf(row, request),
      first: one.map((effect) => named(effect, first.program)),
      second: other.map((effect) => named(effect, second.program)),
    });
  }
  return { differing, onlyFirst, onlySecond, examples };
}

function isSameList(one: readonly ProposedEffect[], other: readonly ProposedEffect[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ code, argument }, at) => code === other[at]?.code && argument === other[at]?.argument)
  );
}

function fieldsOf(row: number, { first, second, table, fields }: ComparisonRequest): ExampleField[] {
  const read = [first, second].flatMap(({ program }) => program.manifest.fields);
  const units = new Map(read.map(({ name, unit }) => [name, unit]));
  return [...units].map(([name, unit]) => {
    const value = table.columns[name]?.[row] ?? Number.NaN;
    const names = unit === 'name' ? fields.find((field) => field.name === name)?.names : undefined;
    return { name, unit, value: Number.isNaN(value) ? null : (names?.[value] ?? value) };
  });
}

function named({ code, argument }: ProposedEffect, { manifest }: VerifiedProgram): NamedEffect {
  const action = manifest.actions.find((one) => one.code === code);
  const unit = action?.arguments[0]?.unit ?? null;
  return { action: action?.name ?? String(code), argument: unit === null ? null : argument, unit };
}

function compareActions(first: readonly ActionTally[], second: readonly ActionTally[]): ComparedAction[] {
  const names = new Set([...first, ...second].map(({ action }) => action));
  return [...names].map((action) => {
    const one = first.find((tally) => tally.action === action) ?? null;
    const other = second.find((tally) => tally.action === action) ?? null;
    return {
      action,
      first: one,
      second: other,
      difference: {
        effects: (other?.effects ?? 0) - (one?.effects ?? 0),
        tasks: (other?.tasks ?? 0) - (one?.tasks ?? 0),
      },
    };
  });
}

function compareChanges(
  first: Readonly<Record<string, PredictedChange>>,
  second: Readonly<Record<string, PredictedChange>>,
): Record<string, ComparedChange> {
  return Object.fromEntries(
    Object.entries(first).flatMap(([metric, one]) => {
      const other = second[metric];
      if (other === undefined) return [];
      const difference = { after: other.after - one.after, change: other.change.mean - one.change.mean };
      return [[metric, { first: one, second: other, difference }] as const];
    }),
  );
}
