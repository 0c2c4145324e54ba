import { describe, expect, test } from 'vitest';
import {
  type Difference,
  differenceOf,
  intervalOf,
  isVisible,
} from '../../../src/core/injector/gates/sequential-test.js';
import { createRandom, normal } from '../../../src/core/random.js';

const spread = { priorSd: 0.1, priorAgents: 5 };
/** A third of 5 %, as each of three gates has. */
const options = { alpha: 0.05 / 3, widthWanted: Math.log1p(0.1) };
const tolerance = Math.log1p(0.1);

interface Fleet {
  readonly agents: number;
  readonly batch: number;
  readonly looks: number;
  /** Change of every changed agent's logarithm, and how far agents differ in it. */
  readonly effect: number;
  readonly effectSd?: number;
  /** Each look finds a batch more that is changed. */
  readonly rolling?: boolean;
}

/**
 * Looks at a fleet again and again: agents differ for good, wander from look to look, and one in twenty does so five times
 * as much. The share of seeds in which the interval was ever beyond the tolerance.
 */
function stoppedShare(fleet: Fleet, seeds: number): number {
  let stopped = 0;
  for (let seed = 0; seed < seeds; seed++) if (isStopped(fleet, seed)) stopped++;
  return stopped / seeds;
}

function isStopped({ agents, batch, looks, effect, effectSd = 0, rolling }: Fleet, seed: number): boolean {
  const random = createRandom(seed, 'fleet');
  const heavy = () => normal(random) * (random() < 0.05 ? 5 : 1);
  const own = Array.from({ length: agents }, () => 0.05 * heavy());
  const effects = Array.from({ length: agents }, () => effect + effectSd * normal(random));
  const wander = new Float64Array(agents);
  const sums = new Float64Array(agents);
  const counts = new Float64Array(agents);
  let changed = batch;
  for (let look = 0; look < looks; look++) {
    const readings = own.map((level, at) => {
      wander[at] = 0.5 * (wander[at] ?? 0) + 0.045 * normal(random);
      return level + (wander[at] ?? 0) + (at < changed ? (effects[at] ?? 0) : 0);
    });
    const centre = readings.slice(changed).reduce((sum, one) => sum + one, 0) / (agents - changed);
    const means = readings.map((reading, at) => {
      sums[at] = (sums[at] ?? 0) + reading - centre;
      counts[at] = (counts[at] ?? 0) + 1;
      return (sums[at] ?? 0) / (counts[at] ?? 1);
    });
    const difference = differenceOf(means.slice(0, changed), means.slice(changed), spread);
    if (intervalOf(difference as Difference, options)[0] > tolerance) return true;
    if (rolling !== true) continue;
    const next = Math.min(Math.floor(agents * 0.95), changed + batch);
    for (let at = changed; at < next; at++) {
      sums[at] = 0;
      counts[at] = 0;
    }
    changed = next;
  }
  return false;
}

describe('looks after each of 116 batches', () => {
  test.each([
    ['a canary of ten among 20', { agents: 20, batch: 10 }],
    ['a canary of ten among 200', { agents: 200, batch: 10 }],
    ['ten agents more at every look', { agents: 400, batch: 10, rolling: true }],
    ['agents that differ in what is done to them', { agents: 100, batch: 10, effectSd: 0.2 }],
  ])('stop %s in fewer than one fleet in twenty when the harm is just what is tolerated', (_, fleet) => {
    expect(stoppedShare({ ...fleet, looks: 116, effect: tolerance }, 200)).toBeLessThan(0.05);
  });

  test('practically never stop a program that does no harm', () => {
    expect(stoppedShare({ agents: 58, batch: 10, looks: 116, effect: 0 }, 200)).toBe(0);
  });

  test('an interval for one look only would stop many more: what is tested is the looking', () => {
    let once = 0;
    const random = createRandom('naive');
    for (let run = 0; run < 200; run++) {
      let sum = 0;
      for (let look = 1; look <= 116; look++) {
        sum += normal(random);
        if (sum / Math.sqrt(look) > 1.96) {
          once++;
          break;
        }
      }
    }
    expect(once / 200).toBeGreaterThan(0.15);
  });
});

describe('real harm', () => {
  test.each([
    ['a third more', 1.3, 0.85],
    ['twice as much', 2, 0.99],
  ])('of %s is found by a canary of ten', (_, factor, power) => {
    const fleet = { agents: 58, batch: 10, looks: 5, effect: Math.log(factor) };
    expect(stoppedShare(fleet, 200)).toBeGreaterThan(power);
  });

  test('that is twice as much is visible on a single agent beside two others', () => {
    const difference = differenceOf([Math.log(2)], [0.03, -0.04], spread) as Difference;
    expect(isVisible(difference)).toBe(true);
    expect(isVisible({ ...difference, estimate: Math.log(1.3) })).toBe(false);
  });
});

describe('few agents', () => {
  test('give no difference without both sides and three in all', () => {
    expect(differenceOf([], [0, 0, 0], spread)).toBeUndefined();
    expect(differenceOf([0, 0, 0], [], spread)).toBeUndefined();
    expect(differenceOf([0], [0], spread)).toBeUndefined();
  });

  test('that all agree are not believed to the last digit', () => {
    const few = differenceOf([0.2], [0, 0], spread) as Difference;
    const many = differenceOf(Array(50).fill(0.2), Array(500).fill(0), spread) as Difference;
    const widthOf = (one: Difference) => intervalOf(one, options)[1] - one.estimate;
    expect(widthOf(few)).toBeGreaterThan(0.3);
    expect(widthOf(many)).toBeLessThan(0.08);
  });

  test('are never surer than the counting of few failures allows', () => {
    const counted = differenceOf([0.1, 0.1], Array(50).fill(0), { ...spread, varianceMin: 0.01 });
    expect(counted?.standardError).toBeCloseTo(0.1);
  });
});
