/** Checked expressions in, instructions that leave their value on the stack out. */
import type { ConditionExpression, NumberExpression } from '../language/checked-tree.js';
import { localRow } from './emitter.js';
import type { Lowering } from './lower.js';

/** Leaves an f64. */
export function lowerNumber(expression: NumberExpression, lowering: Lowering): void {
  const { emitter } = lowering;
  switch (expression.kind) {
    case 'constant':
      emitter.emit('f64.const', expression.value);
      return;
    case 'parameter':
      lowerParameter(expression.index, lowering);
      return;
    case 'field':
      lowerField(expression.field.name, lowering);
      return;
    case 'slot':
      lowering.slots.read(expression.slot);
      return;
    case 'unary':
      lowerNumber(expression.operand, lowering);
      emitter.emit(`f64.${expression.operation}`);
      return;
    case 'binary':
      lowerNumber(expression.left, lowering);
      lowerNumber(expression.right, lowering);
      emitter.emit(`f64.${expression.operation}`);
      return;
    default:
      expression satisfies never;
  }
}

/** Leaves an i32 that is 0 or 1. Both sides of AND and OR are evaluated: they have no effects, and branches cost more. */
export function lowerCondition(expression: ConditionExpression, lowering: Lowering): void {
  const { emitter } = lowering;
  switch (expression.kind) {
    case 'truth':
      lowerTruth(expression.value, lowering);
      return;
    case 'condition-slot':
      lowering.slots.read(expression.slot);
      return;
    case 'comparison':
      lowerNumber(expression.left, lowering);
      lowerNumber(expression.right, lowering);
      emitter.emit(`f64.${expression.comparison}`);
      return;
    case 'not':
      lowerCondition(expression.operand, lowering);
      emitter.emit('i32.eqz');
      return;
    case 'and':
    case 'or':
      lowerCondition(expression.left, lowering);
      lowerCondition(expression.right, lowering);
      emitter.emit(`i32.${expression.kind}`);
      return;
    default:
      expression satisfies never;
  }
}

/** Constants are folded away, so this is for programs that skipped the passes: a comparison, which the verifier knows. */
function lowerTruth(value: boolean, { emitter }: Lowering): void {
  emitter
    .emit('f64.const', 0)
    .emit('f64.const', 0)
    .emit(value ? 'f64.eq' : 'f64.ne');
}

/** Parameters were read from memory before the first loop. */
function lowerParameter(index: number, { emitter, parameters }: Lowering): void {
  const local = parameters.get(index);
  if (local === undefined) throw new Error('a parameter was used that was not loaded');
  emitter.emit('local.get', local);
}

/** The value of the field's column at the current row. */
function lowerField(name: string, { emitter, columns }: Lowering): void {
  const { columnsAt, columnBytes } = emitter.layout;
  emitter
    .emit('local.get', localRow)
    .emit('i32.const', 3)
    .emit('i32.shl')
    .emit('f64.load', columnsAt + columns.indexOf(name) * columnBytes);
}
