/**
 * Checked statements in, instructions out. An IF with a single effect is written without a branch: the record is always
 * written, and the pointer moves on by 16 times the condition, so that random data costs no mispredicted branches.
 */
import type {
  CheckedEffect,
  CheckedIf,
  CheckedStatement,
  ConditionExpression,
} from '../language/checked-tree.js';
import { localPointer, localRow } from './emitter.js';
import type { Lowering } from './lower.js';
import { lowerCondition, lowerNumber } from './lower-expression.js';

export function lowerStatement(statement: CheckedStatement, lowering: Lowering): void {
  const { emitter, slots } = lowering;
  emitter.place = statement.span;
  switch (statement.kind) {
    case 'number-let':
    case 'condition-let': {
      const isNumber = statement.kind === 'number-let';
      if (isNumber) lowerNumber(statement.value, lowering);
      else lowerCondition(statement.value, lowering);
      const local = emitter.newLocal(isNumber ? 'number' : 'truth');
      slots.set(statement.slot, local);
      emitter.emit('local.set', local);
      return;
    }
    case 'effect':
      lowerEffect(statement, undefined, lowering);
      return;
    case 'if':
      lowerIf(statement, lowering);
      return;
    default:
      statement satisfies never;
  }
}

function lowerIf(statement: CheckedIf, lowering: Lowering): void {
  const [only, ...more] = statement.whenTrue;
  if (only?.kind === 'effect' && more.length === 0 && statement.whenFalse.length === 0) {
    lowerEffect(only, statement.condition, lowering);
    return;
  }
  const { emitter, fields } = lowering;
  emitter.place = statement.condition.span;
  lowerCondition(statement.condition, lowering);
  emitter.emit('if');
  fields.inBranch(() => lowerAll(statement.whenTrue, lowering));
  if (statement.whenFalse.length > 0) {
    emitter.emit('else');
    fields.inBranch(() => lowerAll(statement.whenFalse, lowering));
  }
  emitter.emit('end');
}

function lowerAll(statements: readonly CheckedStatement[], lowering: Lowering): void {
  for (const statement of statements) lowerStatement(statement, lowering);
}

/** Writes the record, then moves the pointer on when `condition` holds and the argument is a number. */
function lowerEffect(
  effect: CheckedEffect,
  condition: ConditionExpression | undefined,
  lowering: Lowering,
): void {
  const { emitter } = lowering;
  emitter.place = effect.span;
  emitter.emit('local.get', localPointer).emit('i32.const', effect.action.code).emit('i32.store', 0);
  emitter.emit('local.get', localPointer).emit('local.get', localRow).emit('i32.store', 4);
  emitter.emit('local.get', localPointer);
  lowerLimited(effect, lowering);
  const argument = effect.mayBeNothing ? emitter.newLocal('number') : undefined;
  if (argument !== undefined) emitter.emit('local.tee', argument);
  emitter.emit('f64.store', 8).emit('local.get', localPointer);
  if (condition !== undefined) {
    emitter.place = condition.span;
    lowerCondition(condition, lowering);
  }
  if (argument !== undefined) {
    emitter.emit('local.get', argument).emit('local.get', argument).emit('f64.eq');
    if (condition !== undefined) emitter.emit('i32.and');
  }
  if (condition === undefined && argument === undefined) emitter.emit('i32.const', 16);
  else emitter.emit('i32.const', 4).emit('i32.shl');
  emitter.emit('i32.add').emit('local.set', localPointer);
  if (argument !== undefined) emitter.giveBack(argument);
}

/** The argument within what the action takes. */
function lowerLimited(effect: CheckedEffect, lowering: Lowering): void {
  lowerNumber(effect.argument, lowering);
  const wanted = effect.action.arguments[0];
  if (!effect.limited || wanted === undefined) return;
  lowering.emitter.emit('f64.const', wanted.min).emit('f64.max');
  lowering.emitter.emit('f64.const', wanted.max).emit('f64.min');
}
