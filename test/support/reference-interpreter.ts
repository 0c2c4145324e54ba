/**
 * What a program means, as plainly as it can be written: walks the checked tree task by task. Slow on purpose; the
 * bytecode is compared with it.
 */
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import type {
  CheckedEffect,
  CheckedProgram,
  CheckedStatement,
  ConditionExpression,
  NumberExpression,
} from '../../src/core/language/checked-tree.js';

export interface Effect {
  readonly action: number;
  readonly row: number;
  readonly argument: number;
}

/** Effects by row, and within a row in program order. */
export function interpret(
  program: CheckedProgram,
  table: TaskTable,
  parameters: Readonly<Record<string, number>>,
): Effect[] {
  const values = program.parameters.map((one) => parameters[one.name] ?? one.default);
  const effects: Effect[] = [];
  for (let row = 0; row < table.rows; row += 1) {
    const state: State = { table, row, values, slots: new Map(), truths: new Map(), effects };
    for (const statement of program.lets) perform(statement, state);
    for (const loop of program.loops) {
      if (loop.where !== undefined && !holds(loop.where, state)) continue;
      for (const statement of loop.body) perform(statement, state);
    }
  }
  return effects;
}

interface State {
  readonly table: TaskTable;
  readonly row: number;
  readonly values: readonly number[];
  readonly slots: Map<number, number>;
  readonly truths: Map<number, boolean>;
  readonly effects: Effect[];
}

function perform(statement: CheckedStatement, state: State): void {
  switch (statement.kind) {
    case 'number-let':
      state.slots.set(statement.slot, evaluate(statement.value, state));
      return;
    case 'condition-let':
      state.truths.set(statement.slot, holds(statement.value, state));
      return;
    case 'if':
      for (const inner of holds(statement.condition, state) ? statement.whenTrue : statement.whenFalse) {
        perform(inner, state);
      }
      return;
    case 'effect':
      apply(statement, state);
      return;
    default:
      statement satisfies never;
  }
}

function apply(effect: CheckedEffect, state: State): void {
  const range = effect.action.arguments[0];
  const value = evaluate(effect.argument, state);
  if (Number.isNaN(value)) return;
  const argument = range === undefined ? value : Math.min(Math.max(value, range.min), range.max);
  state.effects.push({ action: effect.action.code, row: state.row, argument: argument + 0 });
}

function evaluate(expression: NumberExpression, state: State): number {
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'parameter':
      return state.values[expression.index] as number;
    case 'field':
      return state.table.columns[expression.field.name]?.[state.row] as number;
    case 'slot':
      return state.slots.get(expression.slot) as number;
    case 'unary': {
      const operand = evaluate(expression.operand, state);
      return expression.operation === 'neg' ? -operand : Math.abs(operand);
    }
    case 'binary':
      return calculate(
        expression.operation,
        evaluate(expression.left, state),
        evaluate(expression.right, state),
      );
    default:
      return expression satisfies never;
  }
}

function calculate(operation: string, left: number, right: number): number {
  if (operation === 'add') return left + right;
  if (operation === 'sub') return left - right;
  if (operation === 'mul') return left * right;
  if (operation === 'div') return left / right;
  return operation === 'min' ? Math.min(left, right) : Math.max(left, right);
}

function holds(expression: ConditionExpression, state: State): boolean {
  switch (expression.kind) {
    case 'truth':
      return expression.value;
    case 'condition-slot':
      return state.truths.get(expression.slot) as boolean;
    case 'not':
      return !holds(expression.operand, state);
    case 'and':
      return holds(expression.left, state) && holds(expression.right, state);
    case 'or':
      return holds(expression.left, state) || holds(expression.right, state);
    case 'comparison':
      return compares(
        expression.comparison,
        evaluate(expression.left, state),
        evaluate(expression.right, state),
      );
    default:
      return expression satisfies never;
  }
}

function compares(comparison: string, left: number, right: number): boolean {
  if (comparison === 'lt') return left < right;
  if (comparison === 'le') return left <= right;
  if (comparison === 'gt') return left > right;
  if (comparison === 'ge') return left >= right;
  return comparison === 'eq' ? left === right : left !== right;
}
