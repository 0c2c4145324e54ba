/**
 * What-if: a program, parameter values and a recorded task table in, the expected change of every metric out. The real
 * bytecode runs over the real table; only the effects are modelled: each multiplies its task's metric by
 * exp(effect size x dose), so that effects on one task add up in the logarithm. Where the price of resources could be
 * read off the table, cost follows from the resources task by task; an action's own size on cost counts only where it
 * moves no priced resource. A task whose metric was not measured counts in neither total. Hundreds of parameter sets are
 * asked about, so the loops over rows are plain.
 */
import type { ProgramInstance } from '../bytecode/instance.js';
import type { TaskTable } from '../bytecode/task-table.js';
import { type Capabilities, doseOf } from '../language/capabilities.js';
import type { Change } from '../nerve/messages/decision.js';
import type { EffectSize } from './memory.js';
import { costShares, fitResourcePrices, pricedResources } from './resource-prices.js';

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
  readonly capabilities: Capabilities;
  /** Share of each task's cost by resource, columns in the order of `pricedResources`; undefined: costs follow none. */
  readonly shares: readonly Float64Array[] | undefined;
}

/** Two-sided 90 % of the normal distribution. */
const ninety = 1.645;
/** What the model itself cannot know about one loop: demand that moves, tasks that come and go. */
const modelSd = 0.006;

export function whatIfModel(parts: Omit<WhatIfModel, 'shares'>): WhatIfModel {
  const prices = fitResourcePrices(parts.table);
  return { ...parts, shares: prices === undefined ? undefined : costShares(prices, parts.table) };
}

/** Sums of each metric over the table, in base units; latency is the mean. */
export function metricTotals(table: TaskTable, metrics: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    metrics.map((metric) => {
      const sum = sumOf(table.columns[metric], table.rows);
      const measured = metric === 'latency' ? measuredRows(table, metric) : 0;
      return [metric, measured > 0 ? sum / measured : sum];
    }),
  );
}

/** Tasks whose metric was measured. */
export function measuredRows({ columns, rows }: TaskTable, metric: string): number {
  const column = columns[metric];
  let measured = 0;
  for (let row = 0; column !== undefined && row < rows; row++)
    if (Number.isFinite(column[row])) measured += 1;
  return measured;
}

/** Throws `ProgramError` when the parameters do not fit the program. */
export function predict(
  model: WhatIfModel,
  parameters: Readonly<Record<string, number>>,
  metrics: readonly string[],
): WhatIf {
  const doses = collectDoses(model, parameters);
  const changes = metrics.map((metric) => [metric, changeOf(metric, model, doses)] as const);
  return { changes: Object.fromEntries(changes), tasksTouched: doses.rows.length, effects: doses.effects };
}

interface Doses {
  /** Action code -> dose per row. */
  readonly byAction: ReadonlyMap<number, Float64Array>;
  /** Rows that any effect touched, in order. */
  readonly rows: Uint32Array;
  readonly effects: number;
}

function collectDoses(
  { table, instance, capabilities }: WhatIfModel,
  parameters: Readonly<Record<string, number>>,
): Doses {
  const actions = new Map(capabilities.actions.map((action) => [action.code, action]));
  const byAction = new Map<number, Float64Array>();
  const touched = new Uint8Array(table.rows);
  let lastCode = -1;
  let lastArgument = Number.NaN;
  let dose = 0;
  let column = new Float64Array(0);
  const { effects } = instance.runBatches(table, parameters, ({ count, firstRow, words, numbers }) => {
    for (let at = 0; at < count; at++) {
      const code = words[4 * at] ?? 0;
      const argument = numbers[2 * at + 1] ?? 0;
      if (code !== lastCode || argument !== lastArgument) {
        const action = actions.get(code);
        dose = action === undefined ? 0 : doseOf(action, argument);
        column = columnFor(byAction, code, table.rows);
        lastCode = code;
        lastArgument = argument;
      }
      const row = firstRow + (words[4 * at + 1] ?? 0);
      touched[row] = 1;
      column[row] = (column[row] ?? 0) + dose;
    }
  });
  return { byAction, rows: rowsOf(touched), effects };
}

function columnFor(
  byAction: Map<number, Float64Array>,
  code: number,
  rows: number,
): Float64Array<ArrayBuffer> {
  const known = byAction.get(code) as Float64Array<ArrayBuffer> | undefined;
  if (known !== undefined) return known;
  const fresh = new Float64Array(rows);
  byAction.set(code, fresh);
  return fresh;
}

function rowsOf(touched: Uint8Array): Uint32Array {
  const rows = new Uint32Array(touched.length);
  let count = 0;
  for (let row = 0; row < touched.length; row++) if (touched[row] === 1) rows[count++] = row;
  return rows.subarray(0, count);
}

function changeOf(metric: string, model: WhatIfModel, doses: Doses): Change {
  const values = model.table.columns[metric];
  const before = sumOf(values, model.table.rows);
  if (values === undefined || before === 0) return { mean: 0, low: 0, high: 0 };
  const { moved, slopes } =
    metric === 'cost' && model.shares !== undefined
      ? movedByShares(values, model, model.shares, doses)
      : movedDirectly(values, metric, model, doses);
  let variance = modelSd ** 2;
  for (const { size, slope } of slopes) variance += ((slope / before) * size.sd) ** 2;
  const mean = moved / before;
  const half = ninety * Math.sqrt(variance);
  return { mean, low: mean - half, high: mean + half };
}

/** How far the total moves, and how far it would move more per unit of each effect size. */
interface Moved {
  readonly moved: number;
  readonly slopes: readonly Acting[];
}

interface Acting {
  readonly size: EffectSize;
  readonly dose: Float64Array;
  slope: number;
}

function movedDirectly(values: Float64Array, metric: string, { sizes }: WhatIfModel, doses: Doses): Moved {
  const slopes = acting(
    sizes.filter((size) => size.metric === metric),
    doses,
  );
  let moved = 0;
  for (const row of doses.rows) {
    const value = values[row] as number;
    if (!Number.isFinite(value)) continue;
    const factor = factorOf(slopes, row);
    moved += value * (factor - 1);
    for (const one of slopes) one.slope += value * factor * (one.dose[row] ?? 0);
  }
  return { moved, slopes };
}

/** Cost by its shares: each resource moves by its own effects, the whole by actions that change the price alone. */
function movedByShares(
  values: Float64Array,
  { sizes }: WhatIfModel,
  shares: readonly Float64Array[],
  doses: Doses,
): Moved {
  const byResource = pricedResources.map((resource) =>
    acting(
      sizes.filter((size) => size.metric === resource),
      doses,
    ),
  );
  const priced = new Set(byResource.flat().map(({ size }) => size.code));
  const direct = acting(
    sizes.filter((size) => size.metric === 'cost' && !priced.has(size.code)),
    doses,
  );
  let moved = 0;
  for (const row of doses.rows) {
    const value = values[row] as number;
    if (!Number.isFinite(value)) continue;
    const level = factorOf(direct, row);
    let change = 0;
    for (let resource = 0; resource < byResource.length; resource++) {
      const own = byResource[resource] as Acting[];
      if (own.length === 0) continue;
      const part = (shares[resource]?.[row] ?? 0) * factorOf(own, row);
      change += part - (shares[resource]?.[row] ?? 0);
      for (const one of own) one.slope += value * level * part * (one.dose[row] ?? 0);
    }
    const factor = level * (1 + change);
    moved += value * (factor - 1);
    for (const one of direct) one.slope += value * factor * (one.dose[row] ?? 0);
  }
  return { moved, slopes: [...byResource.flat(), ...direct] };
}

function acting(sizes: readonly EffectSize[], doses: Doses): Acting[] {
  return sizes.flatMap((size) => {
    const dose = doses.byAction.get(size.code);
    return dose === undefined ? [] : [{ size, dose, slope: 0 }];
  });
}

function factorOf(effects: readonly Acting[], row: number): number {
  let shift = 0;
  for (const { size, dose } of effects) shift += size.mean * (dose[row] ?? 0);
  return Math.exp(shift);
}

function sumOf(column: Float64Array | undefined, rows: number): number {
  let sum = 0;
  for (let row = 0; column !== undefined && row < rows; row++) {
    const value = column[row] as number;
    if (Number.isFinite(value)) sum += value;
  }
  return sum;
}
