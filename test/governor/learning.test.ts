import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectedSizes } from '../../src/core/governor/expected-sizes.js';
import { learnSizes } from '../../src/core/governor/learn.js';
import { searchParameters } from '../../src/core/governor/search.js';
import { whatIfModel } from '../../src/core/governor/what-if.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import type { Objective } from '../../src/core/nerve/messages/decision.js';
import { loadProgram, simulatedFleet } from '../support/simulated-fleet.js';

const source = readFileSync(new URL('../../playbooks/cost_optimize.dream', import.meta.url), 'utf8');
const objective: Objective = {
  metric: 'cost',
  direction: 'decrease',
  amount: 0.15,
  selector: '',
  latencyRiseMax: 0.1,
};

/** Two loops on a fleet that is new each time, as two runs of a session are: how far each prediction was off, in points. */
function twoLoops(seed: number): { first: number; second: number } {
  const loaded = loadProgram(source);
  let sizes = expectedSizes(referenceFleet);
  const errors = [1, 2].map(() => {
    const fleet = simulatedFleet({ seed, agents: 400 });
    const model = whatIfModel({
      table: fleet.table(),
      instance: loaded.instance,
      sizes,
      capabilities: referenceFleet,
    });
    const { chosen } = searchParameters(model, {
      objective,
      metrics: ['cost', 'latency'],
      budgetDollarsPerHour: 1e9,
    });
    if (chosen === undefined) throw new Error(`seed ${seed}: the target is out of reach`);
    const { metrics, groups } = fleet.loop(loaded, chosen.parameters);
    sizes = learnSizes(sizes, groups, referenceFleet);
    return 100 * Math.abs((chosen.whatIf.changes.cost?.mean ?? 0) - (metrics.cost?.change ?? 0));
  });
  return { first: errors[0] ?? Number.NaN, second: errors[1] ?? Number.NaN };
}

describe('learning from results', () => {
  it('brings the second prediction nearer to what happened than the first, fleet after fleet', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const { first, second } = twoLoops(seed);
      expect(second, `seed ${seed}: first off by ${first}, second by ${second} points`).toBeLessThan(first);
      expect(second, `seed ${seed}`).toBeLessThan(1.5);
    }
  }, 60_000);

  it('leaves sizes alone of which nothing was observed', () => {
    const before = expectedSizes(referenceFleet);
    const after = learnSizes(before, [], referenceFleet);
    expect(after).toEqual(before);
  });

  it('moves a size towards a clear observation and becomes surer of it', () => {
    const [size] = learnSizes(
      [{ action: 'REDUCE_MEMORY_CACHE', code: 2, metric: 'memory', mean: -1, sd: 0.3, results: 0 }],
      [
        group('treated', 2, { '2': 0.5 }, { before: 1_000, after: 1_000 * 0.5 ** 0.6 }),
        group('held-out', 2, {}, { before: 100, after: 100 }),
      ],
      referenceFleet,
    );
    expect(size?.mean).toBeCloseTo(-0.6, 0);
    expect(size?.mean).toBeGreaterThan(-0.75);
    expect(size?.sd).toBeLessThan(0.2);
    expect(size?.results).toBe(1);
  });

  it('takes the drift of the held-out tasks off', () => {
    const sizes = [{ action: 'REDUCE_MEMORY_CACHE', code: 2, metric: 'memory', mean: 0, sd: 1, results: 0 }];
    const [size] = learnSizes(
      sizes,
      [
        group('treated', 2, { '2': 0.5 }, { before: 1_000, after: 900 }),
        group('held-out', 2, {}, { before: 100, after: 90 }),
      ],
      referenceFleet,
    );
    expect(size?.mean).toBeCloseTo(0, 2);
  });

  it('believes what was estimated task by task before the difference of the sums', () => {
    const sizes = [
      { action: 'REDUCE_MEMORY_CACHE', code: 2, metric: 'memory', mean: -1, sd: 0.3, results: 0 },
    ];
    const plain = group('treated', 2, { '2': 0.5 }, { before: 1_000, after: 500 });
    const caused = { log: 0.6 * Math.log(0.5), variance: 1e-6 };
    const byTask = { ...plain, metrics: { memory: { ...plain.metrics.memory, caused } } };
    const [size] = learnSizes(
      sizes,
      [byTask, group('held-out', 2, {}, { before: 1_000, after: 500 })],
      referenceFleet,
    );
    expect(size?.mean).toBeCloseTo(-0.6, 0);
    expect(size?.mean).toBeGreaterThan(-0.75);
  });

  it('is not disturbed by sums that cannot be', () => {
    const before = expectedSizes(referenceFleet);
    const broken = group('treated', 1, { '1': 0.2 }, { before: 0, after: Number.NaN });
    expect(learnSizes(before, [broken], referenceFleet)).toEqual(before);
  });
});

function group(
  arm: 'treated' | 'held-out',
  actions: number,
  args: Record<string, number>,
  memory: { before: number; after: number },
) {
  const metrics = { memory: { ...memory, logVariance: 1e-6 } };
  return { arm, actions, agents: 10, tasks: 100, arguments: args, metrics };
}
