/** Messages about quantities that do not go together: both are named, both places shown, a way out offered. */

import type { Suggestion } from '../diagnostics/diagnostics.js';
import { wordList } from '../suggest.js';
import type { ExpressionNode } from '../syntax/tree.js';
import { describeType, goTogether, nameOfQuantity, type Quantity, quantityNamed } from '../units/quantity.js';
import { formatQuantity, type QuantityName, quantityOfUnit, writtenInEverydayUnit } from '../units/units.js';
import type { CheckContext } from './check-context.js';

interface Side {
  readonly node: ExpressionNode;
  readonly type: Quantity;
}

/** `what` begins the message: "cannot compare", "cannot add". */
export function reportMismatch(
  problem: { what: string; one: Side; other: Side },
  context: CheckContext,
): void {
  const { what, one, other } = problem;
  const [blamed, kept] =
    one.node.kind === 'number' && other.node.kind !== 'number' ? [one, other] : [other, one];
  context.diagnostics.add({
    code: 'DN020',
    message: `${what} ${describeType(one.type)} and ${describeType(other.type)}`,
    span: blamed.node.span,
    found: describeType(blamed.type),
    expected: describeType(kept.type),
    related: [
      { span: kept.node.span, message: `${context.textAt(kept.node.span)} is ${describeType(kept.type)}` },
    ],
    hint: wayOut(blamed, kept.type, context),
    suggestion: rewritten(blamed.node, kept.type),
  });
}

/** The same number as one of the wanted quantity, when a number is what stands there. */
export function rewritten(node: ExpressionNode, wanted: Quantity): Suggestion | undefined {
  const name = nameOfQuantity(wanted);
  if (node.kind !== 'number' || node.unit === '?' || name === undefined) return undefined;
  const replacement =
    (node.unit === '' ? inLargeUnits(node.value, name) : undefined) ??
    writtenInEverydayUnit(node.amount, name);
  return { span: node.span, replacement, certain: false };
}

/** A bare number that is large was probably counted in bytes, bits or milliseconds. */
function inLargeUnits(value: number, name: QuantityName): string | undefined {
  if (name === 'duration') return value < 1_000 ? undefined : `${value}ms`;
  if ((name !== 'bytes' && name !== 'bitrate') || value < 10_000) return undefined;
  return formatQuantity(value, name);
}

/** `"30%"` where a number is needed: the same without quotes, which is surely meant. */
export function withoutQuotes(node: ExpressionNode): Suggestion | undefined {
  if (node.kind !== 'text') return undefined;
  const [, sign = '', unit = ''] = /^-?(\$?)\d[\d_]*(?:\.\d+)?([\p{L}%]*)$/u.exec(node.text) ?? [
    node.text,
    '',
    '?',
  ];
  const isNumber = unit === '' || (sign === '' && quantityOfUnit(unit) !== undefined);
  return isNumber ? { span: node.span, replacement: node.text, certain: true } : undefined;
}

function wayOut(blamed: Side, wanted: Quantity, context: CheckContext): string | undefined {
  const edit = rewritten(blamed.node, wanted);
  const fields = fieldsOf(blamed.type, context);
  const parts = [
    edit === undefined ? undefined : `write ${edit.replacement} if that is what is meant`,
    fields.length === 0 ? undefined : `${describeType(blamed.type)} goes with ${wordList(fields)}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join('; ');
}

function fieldsOf(type: Quantity, context: CheckContext): string[] {
  const task = context.currentTask()?.name;
  if (task === undefined || (type.plain === 'number' && nameOfQuantity(type) === 'count')) return [];
  return context.capabilities.fields
    .filter((field) => field.unit !== 'name' && goTogether(quantityNamed(field.unit), type))
    .map((field) => `${task}.${field.name}`);
}
