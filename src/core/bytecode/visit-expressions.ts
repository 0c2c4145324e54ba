/** Calls back for every expression in statements, operands before what uses them. */
import type { CheckedStatement, ConditionExpression, NumberExpression } from '../language/checked-tree.js';

export type AnyExpression = NumberExpression | ConditionExpression;

export function visitStatements(
  statements: readonly CheckedStatement[],
  conditions: readonly ConditionExpression[],
  visit: (expression: AnyExpression) => void,
): void {
  for (const condition of conditions) visitExpression(condition, visit);
  for (const statement of statements) visitStatement(statement, visit);
}

function visitStatement(statement: CheckedStatement, visit: (expression: AnyExpression) => void): void {
  switch (statement.kind) {
    case 'number-let':
    case 'condition-let':
      visitExpression(statement.value, visit);
      return;
    case 'effect':
      visitExpression(statement.argument, visit);
      return;
    case 'if':
      visitExpression(statement.condition, visit);
      visitStatements([...statement.whenTrue, ...statement.whenFalse], [], visit);
      return;
    default:
      statement satisfies never;
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
