/** Expressions: names resolved, units checked; a checked number or condition out, or `unknown` after a report. */

import type { CheckContext } from './check-context.js';
import { checkName } from './check-name.js';
import { reportMismatch } from './check-units.js';
import type { BinaryOperation, Comparison, ConditionExpression, NumberExpression } from './checked-tree.js';
import type { Span } from './diagnostics.js';
import {
  bareNumber,
  combined,
  condition,
  describeType,
  goTogether,
  merged,
  type Quantity,
  quantityNamed,
  type ValueType,
} from './quantity.js';
import type {
  ArithmeticOperator,
  BinaryNode,
  BuiltinNode,
  ComparisonOperator,
  ExpressionNode,
} from './tree.js';
import { quantityOfUnit } from './units.js';
import { alwaysTrueOrFalse, rangeOf } from './value-range.js';

/** A number's type may also be `name`: the number of a name, which is compared for equality only. */
export type CheckedValue =
  | { readonly kind: 'number'; readonly type: ValueType; readonly number: NumberExpression }
  | { readonly kind: 'condition'; readonly type: ValueType; readonly condition: ConditionExpression }
  | { readonly kind: 'text'; readonly text: string; readonly span: Span }
  | { readonly kind: 'unknown' };

/** Where the expression stands: parameters take written-out values only, without names. */
export type Standing = 'anywhere' | 'written-out';

const unknownValue: CheckedValue = { kind: 'unknown' };

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
    hint: 'compare it with something, as in task.memory > 1GB',
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
  context.diagnostics.add({
    code: isName ? 'DN028' : 'DN023',
    message: isName
      ? 'names are compared with == and != only'
      : `a quantity is needed here, and ${context.textAt(node.span)} is a condition`,
    span: node.span,
    found: describeValue(value),
    expected: 'a quantity',
  });
  return undefined;
}

export function describeValue(value: CheckedValue): string {
  if (value.kind === 'text') return 'a text';
  return value.kind === 'unknown' ? 'something unknown' : describeType(value.type);
}

function negated(operand: ConditionExpression | undefined, span: Span): CheckedValue {
  return operand === undefined ? unknownValue : asCondition({ kind: 'not', operand, span });
}

function asCondition(expression: ConditionExpression): CheckedValue {
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

function fits(
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

function binary(operation: BinaryOperation, left: NumberExpression, right: NumberExpression, span: Span) {
  return { kind: 'binary', operation, left, right, span } as const;
}

const comparisonNames: Readonly<Record<ComparisonOperator, Comparison>> = {
  '>': 'gt',
  '>=': 'ge',
  '<': 'lt',
  '<=': 'le',
  '==': 'eq',
  '!=': 'ne',
};

function checkComparison(
  node: BinaryNode,
  operator: ComparisonOperator,
  context: CheckContext,
): CheckedValue {
  const left = checkExpression(node.left, context);
  const right = checkExpression(node.right, context);
  if (left.kind === 'unknown' || right.kind === 'unknown') return unknownValue;
  const comparison = comparisonNames[operator];
  if (isName(left) || isName(right)) return checkNames(node, comparison, left, right, context);
  const one = checkQuantityOf(left, node.left, context);
  const other = checkQuantityOf(right, node.right, context);
  if (one === undefined || other === undefined) return unknownValue;
  if (!fits(node, 'cannot compare', one.type, other.type, context)) return unknownValue;
  warnConstant(node, comparison, one.number, other.number, context);
  return asCondition({
    kind: 'comparison',
    comparison,
    left: one.number,
    right: other.number,
    span: node.span,
  });
}

function checkQuantityOf(value: CheckedValue, node: ExpressionNode, context: CheckContext) {
  if (value.kind === 'number' && value.type.kind === 'quantity')
    return { type: value.type, number: value.number };
  if (value.kind === 'condition') {
    context.diagnostics.add({
      code: 'DN023',
      message: `a quantity is needed here, and ${context.textAt(node.span)} is a condition`,
      span: node.span,
      found: 'a condition',
      expected: 'a quantity',
      hint: 'conditions are joined with AND, OR and NOT',
    });
  }
  return undefined;
}

function warnConstant(
  node: BinaryNode,
  comparison: Comparison,
  left: NumberExpression,
  right: NumberExpression,
  context: CheckContext,
): void {
  const always = alwaysTrueOrFalse(comparison, rangeOf(left, context), rangeOf(right, context));
  if (always === undefined) return;
  context.diagnostics.add({
    code: 'DN041',
    message: `this is always ${always}`,
    span: node.span,
    hint: 'no task and no value of a parameter changes it',
  });
}

function isName(value: CheckedValue): boolean {
  return value.kind === 'text' || (value.kind === 'number' && value.type.kind === 'name');
}

/** A field that holds names against a text, or against another such field. */
function checkNames(
  node: BinaryNode,
  comparison: Comparison,
  left: CheckedValue,
  right: CheckedValue,
  context: CheckContext,
): CheckedValue {
  const names = namesOf(left) ?? namesOf(right);
  const ordered = comparison !== 'eq' && comparison !== 'ne';
  if (ordered || names === undefined || !isName(left) || !isName(right)) {
    context.diagnostics.add({
      code: 'DN028',
      message: 'names are compared with == and != only, with a name in quotes or another field of names',
      span: node.span,
      found: `${describeValue(left)} ${node.operator} ${describeValue(right)}`,
      expected: 'a field of names == "a name"',
    });
    return unknownValue;
  }
  const one = numberOfName(left, names, context);
  const other = numberOfName(right, names, context);
  if (one === undefined || other === undefined) return unknownValue;
  return asCondition({ kind: 'comparison', comparison, left: one, right: other, span: node.span });
}

function namesOf(value: CheckedValue): readonly string[] | undefined {
  if (value.kind !== 'number' || value.type.kind !== 'name') return undefined;
  return value.type.field?.names ?? [];
}

function numberOfName(
  value: CheckedValue,
  names: readonly string[],
  context: CheckContext,
): NumberExpression | undefined {
  if (value.kind === 'number') return value.number;
  if (value.kind !== 'text') return undefined;
  const index = names.indexOf(value.text);
  if (index >= 0) return { kind: 'constant', value: index, span: value.span };
  const expected = names.map((name) => `"${name}"`).join(', ');
  context.diagnostics.add({
    code: 'DN029',
    message: `the field never is "${value.text}"`,
    span: value.span,
    found: value.text,
    ...(expected === '' ? {} : { expected }),
  });
  return undefined;
}

function checkBuiltin(node: BuiltinNode, context: CheckContext, standing: Standing): CheckedValue {
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
