/** Rebuilds statements and expressions with some of their parts replaced; what is not replaced stays the same object. */
import type { CheckedStatement, ConditionExpression, NumberExpression } from '../../language/checked-tree.js';

/** What to put in the place of an expression; the expression itself to look into its parts instead. */
export interface Replacement {
  number(expression: NumberExpression): NumberExpression;
  condition(expression: ConditionExpression): ConditionExpression;
}

/** The expressions of the statement itself, in no branch of it. */
export function mapOwnExpressions(statement: CheckedStatement, replace: Replacement): CheckedStatement {
  switch (statement.kind) {
    case 'number-let':
      return { ...statement, value: mapNumber(statement.value, replace) };
    case 'condition-let':
      return { ...statement, value: mapCondition(statement.value, replace) };
    case 'effect': {
      const argument = mapNumber(statement.argument, replace);
      const { when } = statement;
      return when === undefined
        ? { ...statement, argument }
        : { ...statement, argument, when: mapCondition(when, replace) };
    }
    case 'if':
      return { ...statement, condition: mapCondition(statement.condition, replace) };
    default:
      return statement satisfies never;
  }
}

export function mapNumber(expression: NumberExpression, replace: Replacement): NumberExpression {
  const replaced = replace.number(expression);
  return replaced === expression ? mapNumberParts(expression, replace) : replaced;
}

export function mapCondition(expression: ConditionExpression, replace: Replacement): ConditionExpression {
  const replaced = replace.condition(expression);
  return replaced === expression ? mapConditionParts(expression, replace) : replaced;
}

/** The same expression with its parts, but not itself, replaced. */
export function mapNumberParts(expression: NumberExpression, replace: Replacement): NumberExpression {
  switch (expression.kind) {
    case 'constant':
    case 'parameter':
    case 'field':
    case 'slot':
      return expression;
    case 'unary':
      return { ...expression, operand: mapNumber(expression.operand, replace) };
    case 'binary':
      return {
        ...expression,
        left: mapNumber(expression.left, replace),
        right: mapNumber(expression.right, replace),
      };
    default:
      return expression satisfies never;
  }
}

/** The same condition with its parts, but not itself, replaced. */
export function mapConditionParts(
  expression: ConditionExpression,
  replace: Replacement,
): ConditionExpression {
  switch (expression.kind) {
    case 'truth':
    case 'condition-slot':
      return expression;
    case 'not':
      return { ...expression, operand: mapCondition(expression.operand, replace) };
    case 'comparison':
      return {
        ...expression,
        left: mapNumber(expression.left, replace),
        right: mapNumber(expression.right, replace),
      };
    case 'and':
    case 'or':
      return {
        ...expression,
        left: mapCondition(expression.left, replace),
        right: mapCondition(expression.right, replace),
      };
    default:
      return expression satisfies never;
  }
}
