/** Expressions: names resolved, units checked; a checked number or condition out, or `unknown` after a report. */

import type { BinaryOperation, ConditionExpression, NumberExpression } from '../checked-tree.js';
import type { Span } from '../diagnostics/diagnostics.js';
import type { ArithmeticOperator, BinaryNode, ExpressionNode } from '../syntax/tree.js';
import {
  bareNumber,
  combined,
  condition,
  describeType,
  goTogether,
  merged,
  nameOfQuantity,
  type Quantity,
  quantityNamed,
  type ValueType,
} from '../units/quantity.js';
import { type QuantityName, quantityOfUnit } from '../units/units.js';
import { checkBuiltin } from './check-builtin.js';
import { checkComparison } from './check-comparison.js';
import type { CheckContext } from './check-context.js';
import { checkName } from './check-name.js';
import { reportMismatch, withoutQuotes } from './check-units.js';
import { rangeOf } from './value-range.js';

/** A number's type may also be `name`: the number of a name, which is compared for equality only. */
export type CheckedValue =
  | { readonly kind: 'number'; readonly type: ValueType; readonly number: NumberExpression }
  | { readonly kind: 'condition'; readonly type: ValueType; readonly condition: ConditionExpression }
  | { readonly kind: 'text'; readonly text: string; readonly span: Span }
  | { readonly kind: 'unknown' };

/** Where the expression stands: parameters take written-out values only, without names. */
export type Standing = 'anywhere' | 'written-out';

export const unknownValue: CheckedValue = { kind: 'unknown' };

export function checkExpression(
  node: ExpressionNode,
  context: CheckContext,
  standing: Standing = 'anywhere',
): CheckedValue {
  const { span } = node;
  switch (node.kind) {
    case 'number': {
      if (node.unit === '?') return unknownValue;
      const unit = quantityOfUnit(node.unit);
      const type = unit === undefined ? bareNumber : quantityNamed(unit);
      return { kind: 'number', type, number: { kind: 'constant', value: node.value, span } };
    }
    case 'text':
      return { kind: 'text', text: node.text, span };
    case 'reference':
    case 'field':
      return checkName(node, context, standing);
    case 'unary':
      return node.operator === 'NOT'
        ? negated(checkCondition(node.operand, context), span)
        : checkNegative(node.operand, span, context, standing);
    case 'binary':
      return checkBinary(node, context, standing);
    case 'builtin':
      return checkBuiltin(node, context, standing);
    default:
      return node satisfies never;
  }
}

/** A condition, or undefined after a report. */
export function checkCondition(node: ExpressionNode, context: CheckContext): ConditionExpression | undefined {
  const value = checkExpression(node, context);
  if (value.kind === 'condition') return value.condition;
  if (value.kind === 'unknown') return undefined;
  context.diagnostics.add({
    code: 'DN022',
    message: `a condition is needed here, and ${context.textAt(node.span)} is ${describeValue(value)}`,
    span: node.span,
    found: describeValue(value),
    expected: 'a condition',
    hint: `compare it with something, as in ${comparisonWith(context.textAt(node.span), value)}`,
  });
  return undefined;
}

/** A number with a quantity, or undefined after a report. */
export function checkQuantity(
  node: ExpressionNode,
  context: CheckContext,
  standing: Standing = 'anywhere',
): { type: Quantity; number: NumberExpression } | undefined {
  const value = checkExpression(node, context, standing);
  if (value.kind === 'unknown') return undefined;
  if (value.kind === 'number' && value.type.kind === 'quantity')
    return { type: value.type, number: value.number };
  if (value.kind === 'number' && value.type.kind === 'unknown') return undefined;
  const isName = value.kind === 'text' || value.kind === 'number';
  const number = withoutQuotes(node);
  context.diagnostics.add({
    code: isName ? 'DN028' : 'DN023',
    message: isName
      ? 'names are compared with == and != only'
      : `a quantity is needed here, and ${context.textAt(node.span)} is a condition`,
    span: node.span,
    found: describeValue(value),
    expected: 'a quantity',
    hint: number === undefined ? undefined : `write ${number.replacement}, without quotes`,
    suggestion: number,
  });
  return undefined;
}

const examples: Readonly<Record<QuantityName, string>> = {
  duration: '5s',
  bytes: '1GB',
  bitrate: '100Mbps',
  money: '$5',
  ratio: '20%',
  count: '0',
};

function comparisonWith(text: string, value: CheckedValue): string {
  if (value.kind === 'text') return `task.name == ${text}`;
  if (value.kind !== 'number' || value.type.kind !== 'quantity') return `${text} == "a name"`;
  const name = nameOfQuantity(value.type);
  return `${text} > ${name === undefined ? '1' : examples[name]}`;
}

export function describeValue(value: CheckedValue): string {
  if (value.kind === 'text') return 'a text';
  return value.kind === 'unknown' ? 'something unknown' : describeType(value.type);
}

function negated(operand: ConditionExpression | undefined, span: Span): CheckedValue {
  return operand === undefined ? unknownValue : asCondition({ kind: 'not', operand, span });
}

export function asCondition(expression: ConditionExpression): CheckedValue {
  return { kind: 'condition', type: condition, condition: expression };
}

function checkNegative(
  operandNode: ExpressionNode,
  span: Span,
  context: CheckContext,
  standing: Standing,
): CheckedValue {
  const operand = checkQuantity(operandNode, context, standing);
  if (operand === undefined) return unknownValue;
  return {
    kind: 'number',
    type: operand.type,
    number: { kind: 'unary', operation: 'neg', operand: operand.number, span },
  };
}

function checkBinary(node: BinaryNode, context: CheckContext, standing: Standing): CheckedValue {
  switch (node.operator) {
    case 'AND':
    case 'OR':
      return checkJoined(node, context);
    case '+':
    case '-':
      return checkSum(node, node.operator, context, standing);
    case '*':
    case '/':
      return checkProduct(node, node.operator, context, standing);
    default:
      return checkComparison(node, node.operator, context);
  }
}

function checkJoined(node: BinaryNode, context: CheckContext): CheckedValue {
  const left = checkCondition(node.left, context);
  const right = checkCondition(node.right, context);
  if (left === undefined || right === undefined) return unknownValue;
  return asCondition({ kind: node.operator === 'AND' ? 'and' : 'or', left, right, span: node.span });
}

function checkSum(
  node: BinaryNode,
  operator: '+' | '-',
  context: CheckContext,
  standing: Standing,
): CheckedValue {
  const left = checkQuantity(node.left, context, standing);
  const right = checkQuantity(node.right, context, standing);
  if (left === undefined || right === undefined) return unknownValue;
  const what = operator === '+' ? 'cannot add' : 'cannot take the difference of';
  if (!fits(node, what, left.type, right.type, context)) return unknownValue;
  const number = binary(operator === '+' ? 'add' : 'sub', left.number, right.number, node.span);
  return { kind: 'number', type: merged(left.type, right.type), number };
}

export function fits(
  node: BinaryNode,
  what: string,
  left: Quantity,
  right: Quantity,
  context: CheckContext,
): boolean {
  if (goTogether(left, right)) return true;
  reportMismatch(
    { what, one: { node: node.left, type: left }, other: { node: node.right, type: right } },
    context,
  );
  return false;
}

function checkProduct(
  node: BinaryNode,
  operator: ArithmeticOperator & ('*' | '/'),
  context: CheckContext,
  standing: Standing,
): CheckedValue {
  const left = checkQuantity(node.left, context, standing);
  const right = checkQuantity(node.right, context, standing);
  if (left === undefined || right === undefined) return unknownValue;
  const result = combined(operator, left.type, right.type);
  if (result === undefined) return reportMeaningless(node, context);
  if (operator === '/') warnZero(node, right.number, context);
  const plain = binary(operator === '*' ? 'mul' : 'div', left.number, right.number, node.span);
  const factor: NumberExpression = { kind: 'constant', value: result.factor, span: node.span };
  const number = result.factor === 1 ? plain : binary('mul', plain, factor, node.span);
  return { kind: 'number', type: result.type, number };
}

function reportMeaningless(node: BinaryNode, context: CheckContext): CheckedValue {
  context.diagnostics.add({
    code: 'DN032',
    message: 'this is of no quantity that could be measured',
    span: node.span,
    hint: 'divide by a quantity, or compare parts of it',
  });
  return unknownValue;
}

function warnZero(node: BinaryNode, divisor: NumberExpression, context: CheckContext): void {
  const { min, max, maybeNaN } = rangeOf(divisor, context);
  if (maybeNaN || min !== 0 || max !== 0) return;
  context.diagnostics.add({
    code: 'DN043',
    message: 'this divides by zero',
    span: node.right.span,
    hint: 'the result is infinite, or nothing at all for 0 / 0',
  });
}

export function binary(
  operation: BinaryOperation,
  left: NumberExpression,
  right: NumberExpression,
  span: Span,
) {
  return { kind: 'binary', operation, left, right, span } as const;
}
