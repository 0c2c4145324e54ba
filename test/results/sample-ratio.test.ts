import { describe, expect, test } from 'vitest';
import {
  chiSquaredTail,
  fisherBothSides,
  fisherUpper,
  pearson,
} from '../../src/core/results/significance.js';
import { summarise } from '../../src/core/results/summary.js';
import { summaryInput, type TestAgent } from './rollout-fixture.js';

interface Arms {
  readonly treated: readonly [drawn: number, reported: number];
  readonly heldOut: readonly [drawn: number, reported: number];
  /** Tasks of each agent that are gone at the end, of 8; by arm. */
  readonly lost?: (heldOut: boolean, at: number) => number;
}

function resultOf({ treated, heldOut, lost = () => 0 }: Arms) {
  const arm = ([drawn, reported]: readonly [number, number], isHeldOut: boolean): TestAgent[] =>
    Array.from({ length: drawn }, (_, at) => ({
      id: `${isHeldOut ? 'h' : 't'}-${at}`,
      heldOut: isHeldOut,
      ...(at < reported ? { cost: [10, 9 + (at % 3)] as const } : {}),
      report: { followed: 4 + lost(isHeldOut, at) },
    }));
  return summarise(summaryInput([...arm(treated, false), ...arm(heldOut, true)]));
}

describe('the sample ratio', () => {
  test('holds when all reported, and when a few of either arm did not', () => {
    expect(resultOf({ treated: [1_101, 1_101], heldOut: [58, 58] }).execution.sampleRatio).toMatchObject({
      ...{ chiSquared: 0, p: 1, threshold: 0.001, holds: true },
      tasks: { treated: 1, heldOut: 1, holds: true },
    });
    const few = resultOf({ treated: [1_101, 1_000], heldOut: [58, 50] });
    expect(few.execution.sampleRatio).toMatchObject({ holds: true });
    expect(few.notes).toEqual(['Left out, no report: 109 agents.']);
  });

  test('does not hold when one arm lost its agents, and the result says so', () => {
    const { execution, notes } = resultOf({ treated: [1_101, 1_101], heldOut: [58, 40] });
    expect(execution.sampleRatio).toMatchObject({
      ...{ holds: false, treated: { drawn: 1_101, reported: 1_101 }, heldOut: { drawn: 58, reported: 40 } },
    });
    expect(execution.sampleRatio?.p).toBeLessThan(1e-6);
    expect(notes).toContainEqual(
      expect.stringMatching(/^The arms are not as they were drawn: 1101 of 1101 treated and 40 of 58/),
    );
  });

  test('is tested exactly where counts are small', () => {
    const { sampleRatio } = resultOf({ treated: [19, 19], heldOut: [1, 0] }).execution;
    expect(sampleRatio).toMatchObject({ chiSquared: null, holds: true, p: expect.closeTo(1 / 20) });
  });

  test('finds that one arm lost more of its tasks', () => {
    const alike = resultOf({
      treated: [200, 200],
      heldOut: [20, 20],
      lost: (_, at) => (at % 4 === 0 ? 1 : 0),
    });
    expect(alike.execution.sampleRatio?.tasks?.holds).toBe(true);
    const unlike = resultOf({ treated: [200, 200], heldOut: [20, 20], lost: (heldOut) => (heldOut ? 0 : 2) });
    expect(unlike.execution.sampleRatio?.tasks).toMatchObject({
      holds: false,
      treated: expect.closeTo(2 / 3),
      heldOut: 1,
    });
    expect(unlike.notes).toContainEqual(
      expect.stringContaining('66.7 % of the treated and 100.0 % of the held-out'),
    );
  });

  test('of one agent that lost all its tasks is no alarm: they went together', () => {
    const one = resultOf({
      treated: [200, 200],
      heldOut: [5, 5],
      lost: (heldOut, at) => (heldOut && at === 0 ? 60 : 0),
    });
    expect(one.execution.sampleRatio?.tasks?.holds).toBe(true);
  });

  test('is no question where nobody was held out', () => {
    expect(resultOf({ treated: [5, 5], heldOut: [0, 0] }).execution.sampleRatio).toBeUndefined();
  });
});

describe('tables and tails', () => {
  test.each([
    [3.841459, 1, 0.05],
    [10.827566, 1, 0.001],
    [5.991465, 2, 0.05],
    [18.307038, 10, 0.05],
    [0.5, 10, 0.99999],
    [0, 3, 1],
  ])('beyond %d with %d degrees of freedom is %d of chance', (value, degrees, p) => {
    expect(chiSquaredTail(value, degrees)).toBeCloseTo(p, 4);
  });

  test('give the tea tasting of Fisher', () => {
    const tea = [
      [3, 1],
      [1, 3],
    ] as const;
    expect(fisherUpper(tea)).toBeCloseTo(17 / 70, 10);
    expect(fisherBothSides(tea)).toBeCloseTo(34 / 70, 10);
    expect(pearson(tea)).toEqual({ value: 2, expectedMin: 2 });
    expect(
      pearson([
        [4, 0],
        [4, 0],
      ]).value,
    ).toBe(0);
  });
});
