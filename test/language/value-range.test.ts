import { describe, expect, it } from 'vitest';
import { alwaysTrueOrFalse, rangeOf } from '../../src/core/language/check/value-range.js';
import type { Comparison, NumberExpression } from '../../src/core/language/checked-tree.js';
import { seedsOf } from '../support/nightly.js';
import { type SeededRandom, seededRandom } from '../support/seeded-random.js';

const seeds = seedsOf({ everyTime: 3_000, nightly: 100_000 });
const span = { offset: 0, line: 1, column: 1, length: 0 };
const operations = ['add', 'sub', 'mul', 'div', 'min', 'max'] as const;
const comparisons = ['lt', 'le', 'gt', 'ge', 'eq', 'ne'] as const;
const ends = [0, -0, 1, -1, 0.5, 2, -3, 10, 1e300, -1e300, 1e-300, 5e-324, Number.MAX_VALUE];

describe('the range of an expression', () => {
  it('holds every value that parameters can give it, and says when there may be none', () => {
    let exact = 0;
    for (let seed = seeds.first; seed < seeds.first + seeds.count; seed += 1) {
      const random = seededRandom(seed);
      const context = contextOf(random);
      const expression = expressionOf(random, 3);
      const range = rangeOf(expression, context);
      for (let sample = 0; sample < 20; sample += 1) {
        const value = evaluate(expression, sampled(random, context.parameters));
        const isWithin = Number.isNaN(value) ? range.maybeNaN : value >= range.min && value <= range.max;
        if (!isWithin)
          throw new Error(`DREAMNET_SEED=${seed} ${value} ${JSON.stringify({ range, expression })}`);
      }
      if (!range.maybeNaN) exact += 1;
    }
    if (seeds.count < 1_000) return;
    // Saying "could be anything" each time would be right as well, and of no use.
    expect(exact).toBeGreaterThan(seeds.count / 4);
  });

  it('decides only those comparisons that have the same result for every value', () => {
    const decided = { true: 0, false: 0 };
    for (let seed = seeds.first; seed < seeds.first + seeds.count; seed += 1) {
      const random = seededRandom(seed);
      const context = contextOf(random);
      const [left, right] = [expressionOf(random, 1), expressionOf(random, 1)];
      const comparison = random.pick(comparisons);
      const always = alwaysTrueOrFalse(comparison, rangeOf(left, context), rangeOf(right, context));
      if (always === undefined) continue;
      decided[`${always}`] += 1;
      for (let sample = 0; sample < 20; sample += 1) {
        const values = sampled(random, context.parameters);
        const found = compares(comparison, evaluate(left, values), evaluate(right, values));
        if (found !== always)
          throw new Error(`DREAMNET_SEED=${seed} ${comparison} ${JSON.stringify({ left, right })}`);
      }
    }
    if (seeds.count < 1_000) return;
    expect(Math.min(decided.true, decided.false)).toBeGreaterThan(seeds.count / 50);
  });
});

type Context = Parameters<typeof rangeOf>[1];
type Parameter = Context['parameters'][number];

function contextOf(random: SeededRandom): Context {
  const parameters = Array.from({ length: 3 }, (_, index): Parameter => {
    const [min = 0, initial = 0, max = 0] = [1, 2, 3]
      .map(() => random.pick(ends))
      .sort((one, other) => one - other);
    return { name: `p${index}`, unit: 'count', default: initial, min, max };
  });
  return { parameters, slots: new Map() };
}

/** The ends of the ranges, and values between. */
function sampled(random: SeededRandom, parameters: readonly Parameter[]): number[] {
  return parameters.map(({ min, max }) => {
    const share = random.pick([0, 1, random.next()]);
    return Math.min(Math.max(min * (1 - share) + max * share, min), max);
  });
}

function expressionOf(random: SeededRandom, depth: number): NumberExpression {
  const inner = (): NumberExpression => expressionOf(random, depth - 1);
  if (depth === 0 || random.chance(0.2)) {
    if (random.chance(0.3)) return { kind: 'constant', value: random.pick(ends), span };
    return { kind: 'parameter', index: random.below(3), span };
  }
  if (random.chance(0.2))
    return { kind: 'unary', operation: random.pick(['neg', 'abs']), operand: inner(), span };
  return { kind: 'binary', operation: random.pick(operations), left: inner(), right: inner(), span };
}

function evaluate(expression: NumberExpression, values: readonly number[]): number {
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'parameter':
      return values[expression.index] as number;
    case 'unary': {
      const operand = evaluate(expression.operand, values);
      return expression.operation === 'neg' ? -operand : Math.abs(operand);
    }
    case 'binary':
      return calculate(
        expression.operation,
        evaluate(expression.left, values),
        evaluate(expression.right, values),
      );
    default:
      throw new Error(`${expression.kind} is not generated`);
  }
}

function calculate(operation: (typeof operations)[number], left: number, right: number): number {
  if (operation === 'add') return left + right;
  if (operation === 'sub') return left - right;
  if (operation === 'mul') return left * right;
  if (operation === 'div') return left / right;
  return operation === 'min' ? Math.min(left, right) : Math.max(left, right);
}

function compares(comparison: Comparison, left: number, right: number): boolean {
  if (comparison === 'eq' || comparison === 'ne') return (left === right) === (comparison === 'eq');
  if (comparison === 'lt' || comparison === 'gt') return comparison === 'lt' ? left < right : left > right;
  return comparison === 'le' ? left <= right : left >= right;
}
