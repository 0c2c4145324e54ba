/**
 * Checked statements in, instructions out. An effect is written without a branch: the record is always written, and the
 * pointer moves on by 16 times the condition.
 */
import type { CheckedEffect, CheckedIf, CheckedStatement } from '../language/checked-tree.js';
import { localPointer, localRow } from './emitter.js';
import type { Lowering } from './lower.js';
import { lowerCondition, lowerNumber } from './lower-expression.js';

export function lowerStatement(statement: CheckedStatement, lowering: Lowering): void {
  lowering.emitter.place = statement.span;
  switch (statement.kind) {
    case 'number-let':
      lowerNumber(statement.value, lowering);
      lowering.slots.set(statement.slot, 'number');
      return;
    case 'condition-let':
      lowerCondition(statement.value, lowering);
      lowering.slots.set(statement.slot, 'truth');
      return;
    case 'effect':
      lowerEffect(statement, lowering);
      return;
    case 'if':
      lowerIf(statement, lowering);
      return;
    default:
      statement satisfies never;
  }
}

function lowerIf({ condition, whenTrue, whenFalse }: CheckedIf, lowering: Lowering): void {
  const { emitter } = lowering;
  emitter.place = condition.span;
  lowerCondition(condition, lowering);
  emitter.emit('if');
  for (const statement of whenTrue) lowerStatement(statement, lowering);
  if (whenFalse.length > 0) {
    emitter.emit('else');
    for (const statement of whenFalse) lowerStatement(statement, lowering);
  }
  emitter.emit('end');
}

/** Writes the record, then moves the pointer on when its condition holds and the argument is a number. */
function lowerEffect(effect: CheckedEffect, lowering: Lowering): void {
  const { emitter } = lowering;
  const { when } = effect;
  emitter.emit('local.get', localPointer).emit('i32.const', effect.action.code).emit('i32.store', 0);
  emitter.emit('local.get', localPointer).emit('local.get', localRow).emit('i32.store', 4);
  emitter.emit('local.get', localPointer);
  lowerLimited(effect, lowering);
  const argument = effect.mayBeNothing ? emitter.newLocal('number') : undefined;
  if (argument !== undefined) emitter.emit('local.tee', argument);
  emitter.emit('f64.store', 8).emit('local.get', localPointer);
  if (when !== undefined) {
    emitter.place = when.span;
    lowerCondition(when, lowering);
  }
  if (argument !== undefined) {
    emitter.emit('local.get', argument).emit('local.get', argument).emit('f64.eq');
    if (when !== undefined) emitter.emit('i32.and');
  }
  if (when === undefined && argument === undefined) emitter.emit('i32.const', 16);
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
