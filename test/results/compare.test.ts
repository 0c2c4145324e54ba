import { describe, expect, test } from 'vitest';
import { createRandom, logNormal, normal, type Random } from '../../src/core/random.js';
import { compareArms } from '../../src/core/results/compare.js';
import { type AgentSums, logRatioOf } from '../../src/core/results/ratio.js';
import { tQuantile95 } from '../../src/core/results/student-t.js';

describe('treated against held-out', () => {
  const treated = [
    { before: 60, after: 45 },
    { before: 40, after: 35 },
  ];
  const heldOut = [
    { before: 6, after: 6 },
    { before: 4, after: 6 },
  ];

  test('is the ratio of the ratios of totals', () => {
    const estimate = compareArms(treated, heldOut);
    expect(estimate?.change).toBeCloseTo(0.8 / 1.2 - 1);
    expect(estimate?.method).toBe('hold-out');
    const [low, high] = estimate?.interval ?? [0, 0];
    expect(low).toBeLessThan(0.8 / 1.2 - 1);
    expect(high).toBeGreaterThan(0.8 / 1.2 - 1);
  });

  test('has no interval with one agent in either arm', () => {
    expect(compareArms(treated, heldOut.slice(1))).toMatchObject({ interval: null, method: 'hold-out' });
    expect(compareArms(treated.slice(1), heldOut)).toMatchObject({ interval: null, method: 'hold-out' });
  });

  test('is before against after, without interval, when nobody is held out or the held-out have nothing', () => {
    const estimate = { change: expect.closeTo(-0.2), interval: null, method: 'before-after', logReach: null };
    expect(compareArms(treated, [])).toEqual(estimate);
    expect(compareArms(treated, [{ before: 0, after: 0 }])).toEqual(estimate);
  });

  test('is nothing when there was nothing before, or when the hold-out lost all', () => {
    expect(compareArms([{ before: 0, after: 3 }], heldOut)).toBeNull();
    expect(compareArms([], heldOut)).toBeNull();
    expect(compareArms(treated, [{ before: 0, after: 3 }])).toBeNull();
    expect(compareArms(treated, [{ before: 3, after: 0 }])).toBeNull();
  });

  test('says -100 % without interval when nothing is left', () => {
    expect(compareArms([{ before: 5, after: 0 }], heldOut)).toEqual({
      change: -1,
      interval: null,
      method: 'hold-out',
      logReach: null,
    });
  });

  test('has an interval without width when every agent changed alike', () => {
    const halved = [1, 2, 3].map((before) => ({ before, after: before / 2 }));
    const steady = [1, 2, 3].map((before) => ({ before, after: before }));
    const estimate = compareArms(halved, steady);
    expect(estimate?.change).toBeCloseTo(-0.5);
    for (const end of estimate?.interval ?? [Number.NaN]) expect(end).toBeCloseTo(-0.5);
  });

  test('knows no variance when one agent holds everything', () => {
    const lone = [
      { before: 10, after: 9 },
      { before: 0, after: 1 },
    ];
    expect(logRatioOf(lone).variance).toBeNull();
  });
});

describe('the 95 % interval, over simulated experiments', () => {
  const fleets = [
    { treated: 190, heldOut: 10 },
    { treated: 57, heldOut: 3 },
  ];

  test.each(fleets)('misses no effect in 3 to 8 % ($treated treated, $heldOut held out)', (fleet) => {
    const missed = shareOf(400, (seed) => !covers(experiment({ ...fleet, seed, effect: 0 }), 0));
    expect(missed).toBeGreaterThanOrEqual(0.03);
    expect(missed).toBeLessThanOrEqual(0.08);
  });

  test.each(fleets)('covers a true effect of 10 % ($treated treated, $heldOut held out)', (fleet) => {
    const covered = shareOf(400, (seed) => covers(experiment({ ...fleet, seed, effect: -0.1 }), -0.1));
    expect(covered).toBeGreaterThanOrEqual(0.92);
    expect(covered).toBeLessThanOrEqual(0.97);
  });

  test('finds an effect of 10 % on a fleet of usual size more often than not', () => {
    const found = shareOf(
      20,
      (seed) => !covers(experiment({ treated: 1_101, heldOut: 58, seed, effect: -0.1 }), 0),
    );
    expect(found).toBeGreaterThan(0.5);
  });
});

describe("Student's t", () => {
  test.each([
    [1, 12.7062],
    [2, 4.3027],
    [3, 3.1824],
    [4, 2.7764],
    [5, 2.5706],
    [10, 2.2281],
    [30, 2.0423],
    [57, 2.0025],
    [1_000, 1.9623],
    [1e9, 1.96],
  ])('has the tabled quantile for %d degrees of freedom', (degrees, quantile) => {
    expect(tQuantile95(degrees)).toBeCloseTo(quantile, 3);
  });

  test('falls with the degrees of freedom and is infinite without any', () => {
    const quantiles = [1, 1.2, 1.7, 2, 2.3, 3.5, 8, 40].map(tQuantile95);
    expect(quantiles).toEqual([...quantiles].sort((a, b) => b - a));
    expect(tQuantile95(0.9)).toBe(Number.POSITIVE_INFINITY);
    expect(tQuantile95(Number.NaN)).toBe(Number.POSITIVE_INFINITY);
  });
});

interface Experiment {
  readonly seed: number;
  readonly treated: number;
  readonly heldOut: number;
  /** Relative change that the program causes. */
  readonly effect: number;
}

function experiment({ seed, treated, heldOut, effect }: Experiment) {
  const random = createRandom('compare', seed);
  const arm = (count: number, factor: number) =>
    Array.from({ length: count }, () => agentSums(random, factor));
  return compareArms(arm(treated, 1 + effect), arm(heldOut, 1));
}

/** Heavy-tailed tasks that fluctuate, agents that share shocks, and a drift of 3 % in both arms. */
function agentSums(random: Random, factor: number): AgentSums {
  const shock = Math.exp(0.1 * normal(random));
  let before = 0;
  let after = 0;
  for (let task = 0; task < 11; task++) {
    const size = logNormal(random, 1, 1.2);
    before += size * logNormal(random, 1, 0.3);
    after += size * logNormal(random, 1, 0.3) * shock * 1.03 * factor;
  }
  return { before, after };
}

function covers(estimate: ReturnType<typeof compareArms>, truth: number): boolean {
  const [low, high] = estimate?.interval ?? [Number.NaN, Number.NaN];
  return low <= truth && truth <= high;
}

function shareOf(count: number, holds: (seed: number) => boolean): number {
  return Array.from({ length: count }, (_, seed) => holds(seed)).filter(Boolean).length / count;
}
