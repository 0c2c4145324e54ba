/**
 * A checked number in, the interval its value must lie in out. Tells which arguments can leave an action's range and
 * which comparisons never change; errs only towards "could be anything".
 */
import type { CheckedParameter, Comparison, NumberExpression } from '../checked-tree.js';

export interface ValueRange {
  readonly min: number;
  readonly max: number;
  readonly maybeNaN: boolean;
}

export const anything: ValueRange = {
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
  maybeNaN: true,
};

export interface RangeContext {
  readonly parameters: readonly CheckedParameter[];
  /** The ranges of the number slots declared so far. */
  readonly slots: ReadonlyMap<number, ValueRange>;
}

export function rangeOf(expression: NumberExpression, context: RangeContext): ValueRange {
  switch (expression.kind) {
    case 'constant':
      return settled([expression.value]);
    case 'parameter': {
      const parameter = context.parameters[expression.index];
      return parameter === undefined ? anything : settled([parameter.min, parameter.max]);
    }
    case 'field':
      return anything;
    case 'slot':
      return context.slots.get(expression.slot) ?? anything;
    case 'unary':
      return unaryRange(expression.operation, rangeOf(expression.operand, context));
    case 'binary':
      return binaryRange(
        expression.operation,
        rangeOf(expression.left, context),
        rangeOf(expression.right, context),
      );
    default:
      return expression satisfies never;
  }
}

/** Undefined when it depends on values. */
export function alwaysTrueOrFalse(
  comparison: Comparison,
  left: ValueRange,
  right: ValueRange,
): boolean | undefined {
  if (left.maybeNaN || right.maybeNaN) return undefined;
  switch (comparison) {
    case 'lt':
      return decided(left.max < right.min, left.min >= right.max);
    case 'le':
      return decided(left.max <= right.min, left.min > right.max);
    case 'gt':
      return decided(left.min > right.max, left.max <= right.min);
    case 'ge':
      return decided(left.min >= right.max, left.max < right.min);
    case 'eq':
      return decided(isSame(left, right), left.max < right.min || left.min > right.max);
    case 'ne':
      return decided(left.max < right.min || left.min > right.max, isSame(left, right));
    default:
      return comparison satisfies never;
  }
}

function decided(always: boolean, never: boolean): boolean | undefined {
  if (always) return true;
  return never ? false : undefined;
}

function isSame(left: ValueRange, right: ValueRange): boolean {
  return left.min === left.max && right.min === right.max && left.min === right.min;
}

function unaryRange(operation: 'neg' | 'abs', operand: ValueRange): ValueRange {
  if (operation === 'neg') return { min: -operand.max, max: -operand.min, maybeNaN: operand.maybeNaN };
  const ends = [Math.abs(operand.min), Math.abs(operand.max)];
  const spansZero = operand.min <= 0 && operand.max >= 0;
  return { min: spansZero ? 0 : Math.min(...ends), max: Math.max(...ends), maybeNaN: operand.maybeNaN };
}

type BinaryOperation = Extract<NumberExpression, { kind: 'binary' }>['operation'];

function binaryRange(operation: BinaryOperation, left: ValueRange, right: ValueRange): ValueRange {
  if (operation === 'min' || operation === 'max') return extremeRange(operation, left, right);
  if (left.maybeNaN || right.maybeNaN) return anything;
  switch (operation) {
    case 'add':
      return settled([left.min + right.min, left.max + right.max]);
    case 'sub':
      return settled([left.min - right.max, left.max - right.min]);
    case 'mul':
      return settled(corners(left, right, (a, b) => a * b));
    case 'div':
      return right.min <= 0 && right.max >= 0 ? anything : settled(corners(left, right, (a, b) => a / b));
    default:
      return operation satisfies never;
  }
}

function extremeRange(operation: 'min' | 'max', left: ValueRange, right: ValueRange): ValueRange {
  const pick = operation === 'min' ? Math.min : Math.max;
  return {
    min: pick(left.min, right.min),
    max: pick(left.max, right.max),
    maybeNaN: left.maybeNaN || right.maybeNaN,
  };
}

function corners(left: ValueRange, right: ValueRange, apply: (a: number, b: number) => number): number[] {
  return [left.min, left.max].flatMap((a) => [right.min, right.max].map((b) => apply(a, b)));
}

/** Infinite or undefined ends mean an overflow on the way: nothing is known then. */
function settled(values: readonly number[]): ValueRange {
  if (!values.every(Number.isFinite)) return anything;
  return { min: Math.min(...values), max: Math.max(...values), maybeNaN: false };
}
