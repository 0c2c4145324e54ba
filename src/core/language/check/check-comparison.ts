/** Comparisons: two of the same quantity, or two names; a condition out, or `unknown` after a report. */

import type { Comparison, NumberExpression } from '../checked-tree.js';
import { nearestWord, wordList } from '../suggest.js';
import type { BinaryNode, ComparisonOperator, ExpressionNode } from '../syntax/tree.js';
import type { CheckContext } from './check-context.js';
import {
  asCondition,
  type CheckedValue,
  checkExpression,
  describeValue,
  fits,
  unknownValue,
} from './check-expression.js';
import { withoutQuotes } from './check-units.js';
import { alwaysTrueOrFalse, rangeOf } from './value-range.js';

export function checkComparison(
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

const comparisonNames: Readonly<Record<ComparisonOperator, Comparison>> = {
  '>': 'gt',
  '>=': 'ge',
  '<': 'lt',
  '<=': 'le',
  '==': 'eq',
  '!=': 'ne',
};

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
    const number = names === undefined ? (withoutQuotes(node.left) ?? withoutQuotes(node.right)) : undefined;
    context.diagnostics.add({
      code: 'DN028',
      message: 'names are compared with == and != only, with a name in quotes or another field of names',
      span: node.span,
      found: `${describeValue(left)} ${node.operator} ${describeValue(right)}`,
      expected: 'a field of names == "a name"',
      hint: number === undefined ? undefined : `write ${number.replacement}, without quotes`,
      suggestion: number,
    });
    return unknownValue;
  }
  if (haveOtherNames(left, right)) return reportOtherNames(node, left, right, context);
  const one = numberOfName(left, names, context);
  const other = numberOfName(right, names, context);
  if (one === undefined || other === undefined) return unknownValue;
  return asCondition({ kind: 'comparison', comparison, left: one, right: other, span: node.span });
}

function namesOf(value: CheckedValue): readonly string[] | undefined {
  if (value.kind !== 'number' || value.type.kind !== 'name') return undefined;
  return value.type.field?.names ?? [];
}

/** The number of a name means something else in a field with other names. */
function haveOtherNames(left: CheckedValue, right: CheckedValue): boolean {
  const [one, other] = [namesOf(left), namesOf(right)];
  if (one === undefined || other === undefined) return false;
  return one.length !== other.length || one.some((name, index) => name !== other[index]);
}

function reportOtherNames(
  node: BinaryNode,
  left: CheckedValue,
  right: CheckedValue,
  context: CheckContext,
): CheckedValue {
  const listed = (value: CheckedValue): string => wordList((namesOf(value) ?? []).map((name) => `"${name}"`));
  context.diagnostics.add({
    code: 'DN028',
    message: 'fields are compared with each other when they hold the same names in the same order',
    span: node.span,
    found: `${context.textAt(node.left.span)}: ${listed(left)}`,
    expected: `${context.textAt(node.right.span)}: ${listed(right)}`,
    hint: 'compare each of them with a name in quotes',
  });
  return unknownValue;
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
  const expected = wordList(names.map((name) => `"${name}"`));
  const near = nearestWord(value.text, names);
  context.diagnostics.add({
    code: 'DN029',
    message: `the field never is "${value.text}"`,
    span: value.span,
    found: value.text,
    ...(expected === '' ? {} : { expected }),
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
    suggestion:
      near === undefined ? undefined : { span: value.span, replacement: `"${near}"`, certain: false },
  });
  return undefined;
}
