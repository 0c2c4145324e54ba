/**
 * What-if: a program, parameter values and a recorded task table in, the expected change of every metric out. The real
 * bytecode runs over the real table; only the effects are modelled: each multiplies its task's metric by
 * exp(effect size x argument), so that effects on one task add up in the logarithm.
 */
import type { ProgramInstance } from '../bytecode/instance.js';
import type { TaskTable } from '../bytecode/task-table.js';
import type { Change } from '../nerve/messages/decision.js';
import type { EffectSize } from './memory.js';

export interface WhatIf {
  /** Metric -> relative change with its 90 % interval. */
  readonly changes: Readonly<Record<string, Change>>;
  readonly tasksTouched: number;
  readonly effects: number;
}

export interface WhatIfModel {
  readonly table: TaskTable;
  readonly instance: ProgramInstance;
  readonly sizes: readonly EffectSize[];
}

/** Two-sided 90 % of the normal distribution. */
const ninety = 1.645;
/** What the model itself cannot know about one loop: demand that moves, tasks that come and go. */
const modelSd = 0.006;

/** Sums of each metric over the table, in base units; latency is the mean. */
export function metricTotals(table: TaskTable, metrics: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    metrics.map((metric) => {
      let sum = 0;
      const column = table.columns[metric];
      for (let row = 0; column !== undefined && row < table.rows; row++) sum += column[row] ?? 0;
      return [metric, metric === 'latency' && table.rows > 0 ? sum / table.rows : sum];
    }),
  );
}

export function predict(
  { table, instance, sizes }: WhatIfModel,
  parameters: Readonly<Record<string, number>>,
  metrics: readonly string[],
): WhatIf {
  const models = metrics.map((metric) => modelOf(metric, table, sizes));
  const withoutArgument = new Set(
    instance.program.manifest.actions
      .filter((action) => action.arguments.length === 0)
      .map(({ code }) => code),
  );
  const touched = new Uint8Array(table.rows);
  const { effects } = instance.run(table, parameters, (action, row, argument) => {
    touched[row] = 1;
    const strength = withoutArgument.has(action) ? 1 : argument;
    for (const model of models) model.add(action, row, strength);
  });
  const changes = Object.fromEntries(
    metrics.map((metric, at) => [metric, (models[at] as MetricModel).change()]),
  );
  return { changes, tasksTouched: touched.reduce((sum, one) => sum + one, 0), effects };
}

interface MetricModel {
  add(action: number, row: number, strength: number): void;
  change(): Change;
}

function modelOf(metric: string, table: TaskTable, sizes: readonly EffectSize[]): MetricModel {
  const column = table.columns[metric];
  const own = new Map(sizes.filter((size) => size.metric === metric).map((size) => [size.code, size]));
  const shift = new Float64Array(table.rows);
  /** Action -> sum of value x argument: how much the total moves per unit of that action's size. */
  const sensitivity = new Map<number, number>();
  return {
    add(action, row, strength) {
      const size = own.get(action);
      if (size === undefined || column === undefined) return;
      shift[row] = (shift[row] ?? 0) + size.mean * strength;
      sensitivity.set(action, (sensitivity.get(action) ?? 0) + (column[row] ?? 0) * strength);
    },
    change() {
      let before = 0;
      let after = 0;
      for (let row = 0; column !== undefined && row < table.rows; row++) {
        const value = column[row] ?? 0;
        before += value;
        after += value * Math.exp(shift[row] ?? 0);
      }
      if (before === 0) return { mean: 0, low: 0, high: 0 };
      let variance = modelSd ** 2;
      for (const [action, sum] of sensitivity) variance += ((sum / before) * (own.get(action)?.sd ?? 0)) ** 2;
      const mean = after / before - 1;
      const half = ninety * Math.sqrt(variance) * (after / before);
      return { mean, low: mean - half, high: mean + half };
    },
  };
}
