import { describe, expect, it } from 'vitest';
import { fitResourcePrices } from '../../src/core/governor/resource-prices.js';
import { metricTotals, predict, whatIfModel } from '../../src/core/governor/what-if.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import { loadProgram, simulatedFleet } from '../support/simulated-fleet.js';

const half = `FUNC half(cut = 50% IN 10%..80%) {
  FOR EACH task IN task_queue {
    IF task.cpu_time > 5s THEN
      REDUCE_CPU_THROTTLE(task, cut)
  }
}`;

const table = {
  rows: 3,
  columns: {
    cpu_time: Float64Array.of(10, 20, 1),
    memory: Float64Array.of(1e9, 1e9, 1e9),
    network: Float64Array.of(1e6, 2e6, 3e6),
    cost: Float64Array.of(11.1, 21.2, 2.3),
    latency: Float64Array.of(0.1, 0.2, 0.3),
  },
};

const exact = [{ action: 'REDUCE_CPU_THROTTLE', code: 1, metric: 'cpu_time', mean: -1, sd: 0.1, results: 1 }];

describe('what-if', () => {
  it('moves each metric by the effect size of its action and dose', () => {
    const model = whatIfModel({
      table,
      instance: loadProgram(half).instance,
      sizes: exact,
      capabilities: referenceFleet,
    });
    const { changes, tasksTouched, effects } = predict(model, { cut: 0.5 }, ['cpu_time', 'latency']);
    expect(changes.cpu_time?.mean).toBeCloseTo(-15 / 31, 10);
    expect(changes.latency?.mean).toBe(0);
    expect({ tasksTouched, effects }).toEqual({ tasksTouched: 2, effects: 2 });
  });

  it('turns an effect on a resource into one on cost by the prices that the tasks show', () => {
    const prices = fitResourcePrices(table);
    // Three tasks, three unknowns: $1 per CPU second, $1 per GB, $0.1 per Mbps.
    expect(prices?.perUnit[0]).toBeCloseTo(1, 6);
    expect(prices?.perUnit[1]).toBeCloseTo(1e-9, 15);
    expect(prices?.perUnit[2]).toBeCloseTo(1e-7, 13);
    const model = whatIfModel({
      table,
      instance: loadProgram(half).instance,
      sizes: exact,
      capabilities: referenceFleet,
    });
    expect(predict(model, { cut: 0.5 }, ['cost']).changes.cost?.mean).toBeCloseTo(-15 / 34.6, 8);
  });

  it('falls back to the size on cost where costs follow no resource', () => {
    const odd = {
      ...table,
      columns: { ...table.columns, cost: Float64Array.of(1, 50, 3), memory: Float64Array.of(3, 2, 9) },
    };
    const sizes = [
      ...exact,
      { action: 'REDUCE_CPU_THROTTLE', code: 1, metric: 'cost', mean: -0.5, sd: 0.1, results: 0 },
    ];
    const model = whatIfModel({
      table: odd,
      instance: loadProgram(half).instance,
      sizes,
      capabilities: referenceFleet,
    });
    expect(model.shares).toBeUndefined();
    expect(predict(model, { cut: 0.5 }, ['cost']).changes.cost?.mean).toBeCloseTo(
      (51 * (Math.SQRT1_2 - 1)) / 54,
      10,
    );
  });

  it('widens the interval with the doubt about the sizes', () => {
    const width = (sd: number) => {
      const sizes = exact.map((size) => ({ ...size, sd }));
      const model = whatIfModel({
        table,
        instance: loadProgram(half).instance,
        sizes,
        capabilities: referenceFleet,
      });
      const change = predict(model, { cut: 0.5 }, ['cpu_time']).changes.cpu_time;
      return (change?.high ?? 0) - (change?.low ?? 0);
    };
    expect(width(0.2)).toBeGreaterThan(1.9 * width(0.1));
  });

  it('gives no change for an empty table and for a metric nobody recorded', () => {
    const empty = { rows: 0, columns: { cpu_time: new Float64Array(0), cost: new Float64Array(0) } };
    const model = whatIfModel({
      table: empty,
      instance: loadProgram(half).instance,
      sizes: exact,
      capabilities: referenceFleet,
    });
    expect(predict(model, {}, ['cpu_time', 'memory']).changes).toEqual({
      cpu_time: { mean: 0, low: 0, high: 0 },
      memory: { mean: 0, low: 0, high: 0 },
    });
  });

  it('reads the prices of the simulated fleet off its tasks', () => {
    const fleet = simulatedFleet({ seed: 3, agents: 50 });
    const prices = fitResourcePrices(fleet.table());
    expect(prices?.perUnit[0]).toBeCloseTo(3.6 / 60, 6);
    expect(metricTotals(fleet.table(), ['cost']).cost).toBeGreaterThan(0);
  });
});
