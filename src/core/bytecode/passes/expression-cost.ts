/** How many instructions expressions and effects take, as the verifier will count them. */
import type { CheckedEffect } from '../../language/checked-tree.js';
import { type AnyExpression, partsOf } from '../visit-expressions.js';

/** The whole expression, everything in it calculated anew. */
export function expressionCost(expression: AnyExpression): number {
  return partsOf(expression).reduce((sum, part) => sum + expressionCost(part), operationCost(expression));
}

/** The expression without its parts: a field takes its address and a load, everything else one instruction. */
export function operationCost(expression: AnyExpression): number {
  return expression.kind === 'field' ? 4 : 1;
}

/** Three values stored, each with its address, and the pointer moved on; without argument and condition. */
export function effectCost(effect: CheckedEffect): number {
  return effect.when === undefined ? recordCost + 4 : recordCost + 5;
}

const recordCost = 8;
