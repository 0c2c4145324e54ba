/** The argument of an action in; a unit, a range or a dose that does not fit the others is reported. */
import { describeUnit } from '../units/quantity.js';
import { formatQuantity, type QuantityName, writtenInEverydayUnit } from '../units/units.js';
import { type Amount, amountAt } from './check-amount.js';
import type { FileContext } from './file-context.js';
import { type JsonNode, member } from './json-source.js';

export function checkArgument(argument: JsonNode, context: FileContext): void {
  const unit = context.sound(member(argument, 'unit'))?.value as QuantityName | undefined;
  if (unit === undefined) return;
  const min = endOf(argument, 'min', unit, context);
  const max = endOf(argument, 'max', unit, context);
  if (min !== undefined && max !== undefined) checkRange({ min, max, unit }, context);
  checkDose(argument, unit, [min, max], context);
}

interface End {
  readonly node: JsonNode;
  readonly value: number;
}

interface Range {
  readonly min: End;
  readonly max: End;
  readonly unit: QuantityName;
}

function endOf(
  argument: JsonNode,
  key: 'min' | 'max',
  unit: QuantityName,
  context: FileContext,
): End | undefined {
  const node = context.sound(member(argument, key));
  const amount = node === undefined ? undefined : amountAt(node);
  if (node === undefined || amount === undefined) return undefined;
  if (amount.quantity === undefined || amount.quantity === unit) return { node, value: amount.value };
  reportUnit({ node, key, amount, unit }, context);
  return undefined;
}

function reportUnit(
  { node, key, amount, unit }: { node: JsonNode; key: string; amount: Amount; unit: QuantityName },
  context: FileContext,
): void {
  const quantity = amount.quantity ?? 'count';
  const example = writtenInEverydayUnit(amount.written, unit);
  context.report(node, {
    code: 'DN061',
    message: `the ${key} is ${describeUnit(quantity)}, and the argument is ${describeUnit(unit)}`,
    found: context.textOf(node),
    expected: `an amount such as "${example}"`,
  });
}

function checkRange({ min, max, unit }: Range, context: FileContext): void {
  if (min.value > max.value) {
    context.report(max.node, {
      code: 'DN062',
      message: `no value is from ${formatQuantity(min.value, unit)} to ${formatQuantity(max.value, unit)}`,
      related: [{ span: context.spanOf(min.node), message: 'the range begins here' }],
      hint: 'the min must not be above the max',
    });
    return;
  }
  if (min.value < max.value) return;
  context.diagnostics.add({
    code: 'DN069',
    message: `the argument can only be ${formatQuantity(min.value, unit)}`,
    span: context.spanOf(max.node),
    related: [{ span: context.spanOf(min.node), message: 'the range begins here' }],
    hint: 'an action without arguments says the same',
  });
}

function checkDose(
  argument: JsonNode,
  unit: QuantityName,
  ends: readonly (End | undefined)[],
  context: FileContext,
): void {
  const dose = context.sound(member(argument, 'dose'));
  if (dose === undefined) return;
  const isReduction = dose.value === 'reduction';
  const share = isReduction ? 'taken away' : 'added';
  if (unit !== 'ratio') {
    context.report(dose, {
      code: 'DN063',
      message: `the dose "${dose.value}" is of a share that is ${share}, and the argument is ${describeUnit(unit)}`,
      expected: '"unit": "ratio", or no dose',
    });
    return;
  }
  for (const end of ends) {
    if (end === undefined || context.sound(end.node) === undefined) continue;
    if (end.value >= 0 && (!isReduction || end.value < 1)) continue;
    context.report(end.node, {
      code: 'DN063',
      message: `a share of ${formatQuantity(end.value, 'ratio')} cannot be ${share}`,
      expected: isReduction ? 'from 0 to below 1, such as "90%"' : '0 or more, such as "200%"',
      related: [{ span: context.spanOf(dose), message: 'the dose is given here' }],
    });
  }
}
