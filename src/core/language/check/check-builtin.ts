/** MIN, MAX and ABS: quantities in, one of the same quantity out, or `unknown` after a report. */

import type { NumberExpression } from '../checked-tree.js';
import type { BuiltinNode, ExpressionNode } from '../syntax/tree.js';
import { goTogether, merged, type Quantity } from '../units/quantity.js';
import type { CheckContext } from './check-context.js';
import { binary, type CheckedValue, checkQuantity, type Standing, unknownValue } from './check-expression.js';
import { reportMismatch } from './check-units.js';

export function checkBuiltin(node: BuiltinNode, context: CheckContext, standing: Standing): CheckedValue {
  const least = node.name === 'ABS' ? 1 : 2;
  const most = node.name === 'ABS' ? 1 : 8;
  const values = node.arguments.map((argument) => checkQuantity(argument, context, standing));
  if (values.length < least || values.length > most) return reportBuiltinCount(node, context);
  const first = values[0];
  if (first === undefined || values.includes(undefined)) return unknownValue;
  if (node.name === 'ABS') {
    const number = { kind: 'unary', operation: 'abs', operand: first.number, span: node.span } as const;
    return { kind: 'number', type: first.type, number };
  }
  return checkExtreme(node, values as { type: Quantity; number: NumberExpression }[], context);
}

function checkExtreme(
  node: BuiltinNode,
  values: readonly { type: Quantity; number: NumberExpression }[],
  context: CheckContext,
): CheckedValue {
  const operation = node.name === 'MIN' ? 'min' : 'max';
  const [first, ...rest] = values;
  if (first === undefined) return unknownValue;
  let { type, number } = first;
  for (const [index, value] of rest.entries()) {
    if (!goTogether(type, value.type)) {
      const one = { node: node.arguments[0] as ExpressionNode, type };
      const other = { node: node.arguments[index + 1] as ExpressionNode, type: value.type };
      reportMismatch({ what: `${node.name} cannot compare`, one, other }, context);
      return unknownValue;
    }
    type = merged(type, value.type);
    number = binary(operation, number, value.number, node.span);
  }
  return { kind: 'number', type, number };
}

function reportBuiltinCount(node: BuiltinNode, context: CheckContext): CheckedValue {
  const expected = node.name === 'ABS' ? 'one argument' : 'two to eight arguments';
  context.diagnostics.add({
    code: 'DN018',
    message: `${node.name} takes ${expected}`,
    span: node.span,
    found: String(node.arguments.length),
    expected,
  });
  return unknownValue;
}
