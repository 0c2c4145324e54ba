import { describe, expect, it } from 'vitest';
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import { expectedSizes } from '../../src/core/governor/expected-sizes.js';
import type { EffectSize } from '../../src/core/governor/memory.js';
import { type SimulationReport, simulate } from '../../src/core/governor/simulate.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import { compiled, tableOf, verified } from '../bytecode/support.js';

const source = `FUNC tiny(cut = 50% IN 10%..80%) {
  FOR EACH task IN task_queue {
    IF task.cpu_time > 5s THEN
      REDUCE_CPU_THROTTLE(task, cut)
    IF task.memory > 1GB THEN {
      REDUCE_MEMORY_CACHE(task, 20%)
      REDUCE_MEMORY_CACHE(task, task.cpu_time / 40s)
    }
    IF task.network > 1Gbps THEN
      ROUTE_TO_CHEAPER_REGION(task)
  }
}`;

/** Two slow tasks, two with much memory, one that is both, one that is neither. */
const table = tableOf({
  cpu_time: [10, 20, 1, 4],
  memory: [5e8, 2e9, 1e8, 4e9],
  network: [0, 0, 0, 0],
  latency: [0.1, 0.2, 0.3, 0.4],
  cost: [1, 2, 3, 4],
});

/** Works exactly as asked, so that the arithmetic can be done in the head. */
const exact: readonly EffectSize[] = [
  { action: 'REDUCE_CPU_THROTTLE', code: 1, metric: 'cpu_time', mean: -1, sd: 0.1, results: 2 },
  { action: 'REDUCE_CPU_THROTTLE', code: 1, metric: 'cost', mean: -1, sd: 0, results: 0 },
  { action: 'REDUCE_CPU_THROTTLE', code: 1, metric: 'latency', mean: 0, sd: 0, results: 0 },
  { action: 'REDUCE_CPU_THROTTLE', code: 1, metric: 'throughput', mean: 0, sd: 0, results: 0 },
];

function simulated(
  over: TaskTable,
  parameters: Record<string, number> = {},
  sizes: readonly EffectSize[] = exact,
): SimulationReport {
  const program = verified(compiled(source).bytes);
  return simulate({ program, parameters, table: over, sizes, capabilities: referenceFleet });
}

describe('a simulation', () => {
  it('counts tasks, effects and arguments of every action of the program', () => {
    const { tasks, tasksTouched, effects, perAction } = simulated(table, { cut: 0.2 });
    expect({ tasks, tasksTouched, effects }).toEqual({ tasks: 4, tasksTouched: 3, effects: 6 });
    expect(perAction).toEqual([
      {
        action: 'REDUCE_CPU_THROTTLE',
        effects: 2,
        tasks: 2,
        share: 0.5,
        argument: { unit: 'ratio', min: 0.2, mean: 0.2, max: 0.2 },
      },
      {
        action: 'REDUCE_MEMORY_CACHE',
        effects: 4,
        tasks: 2,
        share: 0.5,
        // 20 % twice, 20 s / 40 s and 4 s / 40 s.
        argument: { unit: 'ratio', min: 0.1, mean: expect.closeTo(0.25, 12), max: 0.5 },
      },
      { action: 'ROUTE_TO_CHEAPER_REGION', effects: 0, tasks: 0, share: 0, argument: null },
    ]);
  });

  it('predicts each metric before and after, with its interval', () => {
    const { prediction } = simulated(table);
    // Half of the 30 s of the two slow tasks goes: 15 of 35.
    expect(prediction.changes.cpu_time).toMatchObject({ unit: 'duration', before: 35, measured: 4 });
    expect(prediction.changes.cpu_time?.after).toBeCloseTo(20, 10);
    expect(prediction.changes.cpu_time?.change.mean).toBeCloseTo(-15 / 35, 10);
    // d(after)/d(size) is 15 s x ln 2 for an uncertainty of 0.1, beside the model's own 0.6 %.
    const half = 1.645 * Math.hypot((15 * Math.LN2 * 0.1) / 35, 0.006);
    expect(prediction.changes.cpu_time?.change.low).toBeCloseTo(-15 / 35 - half, 10);
    expect(prediction.changes.cpu_time?.change.high).toBeCloseTo(-15 / 35 + half, 10);
    // Costs do not follow resources here, so the size on cost counts: half of $3 of $10.
    expect(prediction.changes.cost).toMatchObject({ unit: 'money', before: 10 });
    expect(prediction.changes.cost?.after).toBeCloseTo(8.5, 10);
    expect(prediction.changes.latency).toMatchObject({ before: 0.25, after: 0.25 });
  });

  it('says why a metric is not predicted, instead of giving a zero', () => {
    const sparse = { ...table, columns: { ...table.columns, cost: new Float64Array(4) } };
    expect(simulated(sparse).prediction).toMatchObject({
      notPredicted: [
        { metric: 'cost', reason: 'zero' },
        { metric: 'throughput', reason: 'not in the table' },
      ],
    });
    const unmeasured = tableOf({
      ...asLists(table),
      throughput: [Number.NaN, Number.NaN, Number.NaN, Number.NaN],
    });
    const { prediction } = simulated(unmeasured);
    expect(prediction.notPredicted).toEqual([{ metric: 'throughput', reason: 'not measured' }]);
    expect(Object.keys(prediction.changes)).toEqual(['cost', 'latency', 'cpu_time']);
  });

  it('leaves tasks that were not measured out of both totals, and says how many were', () => {
    const gaps = tableOf({
      ...asLists(table),
      cpu_time: [10, Number.NaN, 1, 4],
      latency: [Number.NaN, 0.2, 0.3, Number.NaN],
    });
    const { program, prediction } = simulated(gaps);
    expect(program.notMeasured).toEqual([{ field: 'cpu_time', tasks: 1 }]);
    expect(prediction.changes.cpu_time).toMatchObject({ before: 15, measured: 3 });
    expect(prediction.changes.cpu_time?.after).toBeCloseTo(10, 10);
    expect(prediction.changes.latency).toMatchObject({ before: 0.25, measured: 2 });
  });

  it('says what the prediction rests on', () => {
    expect(simulated(table).prediction).toMatchObject({ basis: 'learned', sizes: { all: 4, learned: 1 } });
    expect(simulated(table, {}, expectedSizes(referenceFleet)).prediction).toMatchObject({
      basis: 'expected effects of the capability file',
      sizes: { learned: 0 },
    });
    // Learned about an action that this program does not have.
    const other = { action: 'RAISE_CONCURRENCY', code: 8, metric: 'cost', mean: 1, sd: 1, results: 5 };
    expect(simulated(table, {}, [other]).prediction.basis).toBe('expected effects of the capability file');
  });

  it('gives the program with the values that were used', () => {
    const { program } = simulated(table, { cut: 0.8 });
    expect(program).toMatchObject({
      name: 'tiny',
      digest: verified(compiled(source).bytes).digest,
      parameters: [{ name: 'cut', unit: 'ratio', value: 0.8, default: 0.5, min: 0.1, max: 0.8 }],
      notMeasured: [],
      notOffered: [],
    });
  });

  it('names actions that the agents do not have', () => {
    const program = verified(compiled(source).bytes);
    const [throttle, ...others] = referenceFleet.actions;
    const moved = {
      ...referenceFleet,
      actions: [{ ...throttle, code: 99 } as typeof throttle & object, ...others.slice(1)],
    };
    const report = simulate({
      program,
      parameters: {},
      table,
      sizes: expectedSizes(moved),
      capabilities: moved,
    });
    expect(report.program.notOffered).toEqual(['REDUCE_CPU_THROTTLE', 'REDUCE_MEMORY_CACHE']);
  });

  it('of an empty table finds nothing to do', () => {
    const report = simulated(tableOf({ cpu_time: [], memory: [], network: [] }));
    expect(report).toMatchObject({ tasks: 0, tasksTouched: 0, effects: 0 });
    expect(report.perAction.map(({ share }) => share)).toEqual([0, 0, 0]);
    expect(report.prediction.changes).toEqual({});
  });
});

function asLists({ columns }: TaskTable): Record<string, number[]> {
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, [...values]]));
}
