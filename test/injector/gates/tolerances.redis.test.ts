import { describe, expect, test } from 'vitest';
import { parseGates, tolerancesOf } from '../../../src/core/injector/gates/tolerances.js';
import { instructionOf } from '../support.js';

describe('--gate', () => {
  test('takes a percentage or off for each metric', () => {
    expect(parseGates(['latency=10%', ' errors=0.5% ', 'cost=off'])).toEqual({
      latency: 0.1,
      errors: 0.005,
      cost: null,
    });
    expect(parseGates([])).toEqual({});
    expect(parseGates(['latency=0%'])).toEqual({ latency: 0 });
  });

  test.each([
    '',
    'latency',
    'latency=',
    'latency=10',
    'latency=-1%',
    'latency=1e3%',
    'latency=NaN%',
    'speed=10%',
    'toString=1%',
    'errors=101%',
    'latency=10%,cost=5%',
    'LATENCY=10%',
    `latency=${'9'.repeat(400)}%`,
  ])('refuses "%s" with an example', (text) => {
    expect(() => parseGates([text])).toThrow(
      expect.objectContaining({
        code: 'DN565',
        kind: 'bad-input',
        hint: expect.stringContaining('--gate latency=10%'),
      }),
    );
  });

  test('refuses two about the same metric', () => {
    expect(() => parseGates(['cost=off', 'cost=5%'])).toThrow(expect.objectContaining({ code: 'DN566' }));
  });
});

describe('tolerances', () => {
  const instruction = instructionOf();
  const toleratedOf = (options: Parameters<typeof tolerancesOf>[0]) =>
    Object.fromEntries(
      Object.entries(tolerancesOf(options)).map(([metric, { tolerated }]) => [metric, tolerated]),
    );

  test('have defaults, which an operator may change or switch off', () => {
    expect(toleratedOf({ instruction })).toEqual({ errors: 0.01, latency: 0.1, cost: 0.05 });
    const chosen = parseGates(['latency=30%', 'cost=off']);
    expect(toleratedOf({ instruction, chosen })).toEqual({ errors: 0.01, latency: 0.3 });
  });

  test('allow for the rise that the decision predicts, and for no predicted fall', () => {
    const change = (high: number) => ({ mean: high - 0.01, low: high - 0.02, high });
    const predicted = { cost: change(0.2), latency: change(-0.1) };
    expect(toleratedOf({ instruction, predicted })).toMatchObject({ cost: 0.25, latency: 0.1 });
    expect(tolerancesOf({ instruction, predicted }).cost?.expected).toBe(0.2);
    const chosen = parseGates(['cost=5%']);
    expect(tolerancesOf({ instruction, predicted, chosen }).cost).toEqual({ tolerated: 0.05, expected: 0 });
  });

  test('without a decision allow for the costs that the instruction itself names', () => {
    const context = { ...instruction.context, currentCosts: 100, targetCosts: 120 };
    expect(toleratedOf({ instruction: { ...instruction, context } }).cost).toBeCloseTo(0.25);
    const free = { ...instruction.context, currentCosts: 0, targetCosts: 120 };
    expect(toleratedOf({ instruction: { ...instruction, context: free } }).cost).toBe(0.05);
  });
});
