/** Calls back for every expression in statements, operands before what uses them. */
import type { CheckedStatement, ConditionExpression, NumberExpression } from '../language/checked-tree.js';

export type AnyExpression = NumberExpression | ConditionExpression;

export function visitStatements(
  statements: readonly CheckedStatement[],
  visit: (expression: AnyExpression) => void,
): void {
  for (const statement of statements) {
    for (const expression of ownExpressions(statement)) visitExpression(expression, visit);
    if (statement.kind === 'if') visitStatements([...statement.whenTrue, ...statement.whenFalse], visit);
  }
}

/** The expressions of the statement itself, in no branch of it, in the order in which they are calculated. */
export function ownExpressions(statement: CheckedStatement): readonly AnyExpression[] {
  switch (statement.kind) {
    case 'number-let':
    case 'condition-let':
      return [statement.value];
    case 'effect':
      return statement.when === undefined ? [statement.argument] : [statement.argument, statement.when];
    case 'if':
      return [statement.condition];
    default:
      return statement satisfies never;
  }
}

export function visitExpression(expression: AnyExpression, visit: (expression: AnyExpression) => void): void {
  for (const part of partsOf(expression)) visitExpression(part, visit);
  visit(expression);
}

export function partsOf(expression: AnyExpression): readonly AnyExpression[] {
  switch (expression.kind) {
    case 'constant':
    case 'parameter':
    case 'field':
    case 'slot':
    case 'truth':
    case 'condition-slot':
      return [];
    case 'unary':
    case 'not':
      return [expression.operand];
    case 'binary':
    case 'comparison':
    case 'and':
    case 'or':
      return [expression.left, expression.right];
    default:
      return expression satisfies never;
  }
}
