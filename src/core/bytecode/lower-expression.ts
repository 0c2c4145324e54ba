/** Checked expressions in, instructions that leave their value on the stack out. */
import type { ConditionExpression, NumberExpression } from '../language/checked-tree.js';
import type { LocalReference } from './emitter.js';
import type { Lowering } from './lower.js';

/** Leaves an f64. */
export function lowerNumber(expression: NumberExpression, lowering: Lowering): void {
  const { emitter } = lowering;
  switch (expression.kind) {
    case 'constant':
      emitter.emit('f64.const', expression.value);
      return;
    case 'parameter':
      emitter.emit('local.get', known(lowering.parameters.get(expression.index)));
      return;
    case 'field':
      lowering.fields.read(expression.field.name);
      return;
    case 'slot':
      emitter.emit('local.get', known(lowering.slots.get(expression.slot)));
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
      emitter.emit('local.get', known(lowering.slots.get(expression.slot)));
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

/** A name that the checker resolved has a local; anything else is a bug of this compiler. */
function known(local: LocalReference | undefined): LocalReference {
  if (local === undefined) throw new Error('a name was used before it was given a local');
  return local;
}
