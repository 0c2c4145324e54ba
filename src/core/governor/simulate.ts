/**
 * A program, parameter values and a task table in; what the program would do to these tasks, and what that should bring,
 * out. The same bytecode runs as on agents, and nothing is applied: what it would do is exact, what that should bring is
 * the what-if model (what-if.ts).
 */
import { instantiateProgram, type ProgramInstance } from '../bytecode/instance.js';
import type { TaskTable } from '../bytecode/task-table.js';
import type { VerifiedProgram } from '../bytecode/verify.js';
import { actionByName, type Capabilities, fieldByName } from '../language/capabilities.js';
import type { QuantityName } from '../language/units/units.js';
import { type ActionTally, tallyActions } from './action-tally.js';
import { predictedMetrics } from './decide.js';
import type { EffectSize } from './memory.js';
import { measuredRows, metricTotals, predict, whatIfModel } from './what-if.js';

export interface SimulationRequest {
  readonly program: VerifiedProgram;
  /** In base units; those left out take their defaults. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly table: TaskTable;
  readonly sizes: readonly EffectSize[];
  readonly capabilities: Capabilities;
}

export interface SimulationReport {
  readonly program: SimulatedProgram;
  readonly tasks: number;
  readonly tasksTouched: number;
  readonly effects: number;
  /** Every action that the program can cause, in the order in which it names them. */
  readonly perAction: readonly ActionTally[];
  readonly prediction: SimulatedPrediction;
}

export interface SimulatedProgram {
  readonly name: string;
  readonly digest: string;
  readonly parameters: readonly SimulatedParameter[];
  /** Fields that it reads and that some tasks lack. Comparisons with what is not measured are false, but for `!=`. */
  readonly notMeasured: readonly { readonly field: string; readonly tasks: number }[];
  /** Actions that the capabilities do not have: agents that offer only these refuse the program (DN603). */
  readonly notOffered: readonly string[];
}

export interface SimulatedParameter {
  readonly name: string;
  readonly unit: QuantityName;
  /** Base unit, as the others. */
  readonly value: number;
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export interface SimulatedPrediction {
  readonly basis: 'learned' | 'expected effects of the capability file';
  /** Effect sizes of the program's actions, and how many of them rest on measured results. */
  readonly sizes: { readonly all: number; readonly learned: number };
  readonly changes: Readonly<Record<string, PredictedChange>>;
  readonly notPredicted: readonly { readonly metric: string; readonly reason: NotPredicted }[];
}

export type NotPredicted = 'not in the table' | 'not measured' | 'zero';

/** `before` and `after` in base units: sums over the tasks, of latency the mean. */
export interface PredictedChange {
  /** Null when the capability file has no such field. */
  readonly unit: QuantityName | null;
  readonly before: number;
  readonly after: number;
  /** Relative, with its 90 % interval: -0.15 is 15 % less. */
  readonly change: { readonly mean: number; readonly low: number; readonly high: number };
  /** Tasks whose value is known; the others are in neither total. */
  readonly measured: number;
}

/** Throws `ProgramError` when parameters or columns do not fit the program. */
export function simulate(request: SimulationRequest): SimulationReport {
  const { program, table, parameters } = request;
  const instance = instantiateProgram(program);
  const tally = tallyActions(instance, table, parameters);
  return {
    program: simulatedProgram(request),
    tasks: table.rows,
    ...tally,
    prediction: predictionOf(request, instance),
  };
}

function simulatedProgram({ program, parameters, table, capabilities }: SimulationRequest): SimulatedProgram {
  const { manifest, digest } = program;
  const gaps = manifest.fields.map(({ name }) => ({ field: name, tasks: notMeasured(table, name) }));
  return {
    name: manifest.name,
    digest,
    parameters: manifest.parameters.map(({ name, unit, default: initial, min, max }) => {
      const value = Object.hasOwn(parameters, name) ? (parameters[name] as number) : initial;
      return { name, unit, value, default: initial, min, max };
    }),
    notMeasured: gaps.filter(({ tasks }) => tasks > 0),
    notOffered: manifest.actions
      .filter(({ name, code }) => actionByName(capabilities, name)?.code !== code)
      .map(({ name }) => name),
  };
}

function notMeasured({ columns, rows }: TaskTable, field: string): number {
  const column = columns[field];
  let count = 0;
  for (let row = 0; column !== undefined && row < rows; row++) if (Number.isNaN(column[row])) count += 1;
  return count;
}

function predictionOf(request: SimulationRequest, instance: ProgramInstance): SimulatedPrediction {
  const { table, sizes, capabilities, parameters } = request;
  const codes = new Set(request.program.manifest.actions.map(({ code }) => code));
  const own = sizes.filter(({ code }) => codes.has(code));
  const learned = own.filter(({ results }) => results > 0).length;
  const metrics = metricsOf(sizes);
  const predicted = metrics.filter((metric) => whyNotPredicted(metric, table) === undefined);
  const { changes } = predict(whatIfModel({ table, instance, sizes, capabilities }), parameters, predicted);
  const before = metricTotals(table, predicted);
  return {
    basis: learned > 0 ? 'learned' : 'expected effects of the capability file',
    sizes: { all: own.length, learned },
    changes: Object.fromEntries(
      predicted.map((metric): [string, PredictedChange] => {
        const change = changes[metric] ?? { mean: 0, low: 0, high: 0 };
        const total = before[metric] ?? 0;
        const after = total * (1 + change.mean);
        const unit = unitOf(metric, capabilities);
        return [metric, { unit, before: total, after, change, measured: measuredRows(table, metric) }];
      }),
    ),
    notPredicted: metrics.flatMap((metric) => {
      const reason = whyNotPredicted(metric, table);
      return reason === undefined ? [] : [{ metric, reason }];
    }),
  };
}

/** The usual metrics first, then what else the capability file speaks of. */
function metricsOf(sizes: readonly EffectSize[]): string[] {
  const known = new Set(sizes.map(({ metric }) => metric));
  const usual = predictedMetrics.filter((metric) => known.has(metric));
  return [...new Set([...usual, ...known])];
}

function unitOf(metric: string, capabilities: Capabilities): QuantityName | null {
  const unit = fieldByName(capabilities, metric)?.unit ?? 'name';
  return unit === 'name' ? null : unit;
}

function whyNotPredicted(metric: string, table: TaskTable): NotPredicted | undefined {
  if (!Object.hasOwn(table.columns, metric)) return 'not in the table';
  if (measuredRows(table, metric) === 0) return 'not measured';
  return metricTotals(table, [metric])[metric] === 0 ? 'zero' : undefined;
}
