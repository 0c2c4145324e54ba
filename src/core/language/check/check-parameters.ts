/** Parameters: default and range must be written-out values of one quantity, in order; makes their names known. */

import type { CheckedParameter } from '../checked-tree.js';
import { spanBetween } from '../diagnostics/diagnostics.js';
import { languageLimits } from '../limits.js';
import type { ExpressionNode, NumberNode, ParameterNode } from '../syntax/tree.js';
import { bareNumber, goTogether, merged, nameOfQuantity, type Quantity, unknown } from '../units/quantity.js';
import { formatQuantity } from '../units/units.js';
import type { CheckContext } from './check-context.js';
import { checkExpression } from './check-expression.js';
import { reportMismatch } from './check-units.js';
import { rangeOf } from './value-range.js';

export function checkParameters(parameters: readonly ParameterNode[], context: CheckContext): void {
  if (parameters.length > languageLimits.parametersMax) reportTooMany(parameters, context);
  const checked = parameters
    .slice(0, languageLimits.parametersMax)
    .map((node) => checkParameter(node, context));
  // Those that are too many are known as well, so that their uses are not reported too.
  parameters.forEach((node, index) => {
    const { name, span } = node.name;
    context.refuseReserved(node.name);
    context.declare({ kind: 'parameter', index, name, span, type: checked[index] ?? unknown, used: false });
  });
}

/** Adds the parameter to the context; one that cannot be used keeps its place, with an unknown type. */
function checkParameter(node: ParameterNode, context: CheckContext): Quantity | undefined {
  const initial = writtenOut(node.initial, context);
  const low = node.range === undefined ? initial : writtenOut(node.range.low, context);
  const high = node.range === undefined ? initial : writtenOut(node.range.high, context);
  const usable = initial !== undefined && low !== undefined && high !== undefined;
  const type = usable ? commonType(node, [initial, low, high], context) : undefined;
  const unit = type === undefined ? undefined : nameOfQuantity(type);
  if (type !== undefined && unit === undefined) reportMeaningless(node, context);
  const parameter = {
    name: node.name.name,
    unit: unit ?? 'count',
    default: signless(initial),
    min: signless(low),
    max: signless(high),
  };
  context.parameters.push(parameter);
  if (type === undefined || unit === undefined) return undefined;
  // What it can be is not known then, and what its uses can be would be a consequence.
  return reportRange(node, { ...parameter, unit }, context) ? undefined : type;
}

/** A parameter of `-0%` is 0: the manifest is JSON, which tools write without the sign of a zero. */
function signless(written: WrittenOut | undefined): number {
  return (written?.value ?? 0) + 0;
}

interface WrittenOut {
  readonly node: ExpressionNode;
  readonly type: Quantity;
  readonly value: number;
}

function writtenOut(node: ExpressionNode, context: CheckContext): WrittenOut | undefined {
  const checked = checkExpression(node, context, 'written-out');
  if (checked.kind === 'unknown') return undefined;
  const range = checked.kind === 'number' ? rangeOf(checked.number, context) : undefined;
  if (
    checked.kind === 'number' &&
    checked.type.kind === 'quantity' &&
    range !== undefined &&
    !range.maybeNaN
  ) {
    return { node, type: checked.type, value: range.min };
  }
  context.diagnostics.add({
    code: 'DN026',
    message: 'a parameter needs a number that is written out',
    span: node.span,
    expected: 'a number with its unit, such as 20%',
  });
  return undefined;
}

function commonType(
  node: ParameterNode,
  values: readonly WrittenOut[],
  context: CheckContext,
): Quantity | undefined {
  let type: Quantity = bareNumber;
  let typeFrom = values[0] as WrittenOut;
  for (const value of values) {
    if (value !== values[0] && !goTogether(type, value.type)) {
      reportMismatch({ what: `the parameter ${node.name.name} mixes`, one: typeFrom, other: value }, context);
      return undefined;
    }
    const next = value === values[0] ? value.type : merged(type, value.type);
    if (next !== type) typeFrom = value;
    type = next;
  }
  return type;
}

function reportMeaningless(node: ParameterNode, context: CheckContext): void {
  context.diagnostics.add({
    code: 'DN032',
    message: `the parameter ${node.name.name} is of no quantity that has a name`,
    span: node.initial.span,
    expected: 'a duration, bytes, a bit rate, money, a ratio or a count',
  });
}

/** True after a report. A bare number among ratios is what does not fit: 5 is 500% there. */
function reportRange(
  { initial, range }: ParameterNode,
  { min, max, default: usual, unit }: CheckedParameter,
  context: CheckContext,
): boolean {
  const isEmpty = min > max;
  if (range === undefined || (!isEmpty && usual >= min && usual <= max)) return false;
  const ends = spanBetween(range.low.span, range.high.span);
  const suspects = isEmpty ? [range.low, range.high] : [usual < min ? range.low : range.high, initial];
  const bare = unit === 'ratio' ? suspects.find(isBare) : undefined;
  const replacement = bare === undefined ? undefined : `${bare.amount}%`;
  const span = bare?.span ?? (isEmpty ? ends : initial.span);
  const [low, high] = [formatQuantity(min, unit), formatQuantity(max, unit)];
  context.diagnostics.add({
    code: 'DN025',
    message: isEmpty
      ? `the range is empty: it would go from ${low} to ${high}`
      : `the default is outside its range of ${low} to ${high}`,
    span,
    related: span === initial.span ? [{ span: ends, message: 'this is the range' }] : [],
    hint:
      replacement === undefined ? 'write name = default IN lowest..highest' : `did you mean ${replacement}?`,
    suggestion: replacement === undefined ? undefined : { span, replacement, certain: false },
  });
  return true;
}

function isBare(node: ExpressionNode): node is NumberNode {
  return node.kind === 'number' && node.unit === '';
}

function reportTooMany(parameters: readonly ParameterNode[], context: CheckContext): void {
  context.diagnostics.add({
    code: 'DN011',
    message: `${parameters.length} parameters, but a program has at most ${languageLimits.parametersMax}`,
    span: (parameters[languageLimits.parametersMax] as ParameterNode).span,
    hint: 'keep those that a governor should tune, and write the others out',
  });
}
