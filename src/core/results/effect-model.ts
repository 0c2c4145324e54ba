/**
 * Treated tasks and their forecasts without the program in, what actions explain of the difference out: after = forecast ·
 * exp(d · θ), with d the actions that a task got, each alone, times its levels before, and for each kind of agent (what an
 * action can reach differs from task to task and from label to label), as far as there are tasks and agents enough to tell.
 * Pure. The fleet's change does not rest on it: it only tells noise from effects that differ by rule.
 */
import { hasAction } from '../nerve/messages/action-set.js';
import type { Counterfactual } from './counterfactual.js';
import { fitLogLink, type LogLinkFit, type RatioRows } from './log-link.js';
import type { Observations } from './observations.js';

/** Prior standard deviations: of what happens to treated tasks that no action touched, of an action, of how kinds differ in it. */
const priorSd = { untouched: 0.01, action: 1, interaction: 0.2 } as const;

/** A column is told from chance by so many tasks, or agents. */
const perColumnMin = 5;

export interface Explained {
  /** exp(d · θ), row by row; 1 for held-out tasks. */
  readonly factor: Float64Array;
  /** By how much squares of what is left must be raised: what fits as well takes some of the noise for effects. */
  readonly inflation: number;
  /** Undefined when nothing could be fitted. */
  readonly model?: EffectModel;
}

/** θ and what it was fitted to. */
export interface EffectModel {
  /** Treated tasks: rows of the observations. */
  readonly treated: readonly number[];
  readonly rows: RatioRows;
  readonly fit: LogLinkFit;
  /** Column by column, the action that it is of; 0 for the one of all tasks. */
  readonly actions: readonly number[];
}

export function explainedByActions(seen: Observations, { ratio, weight, noise }: Counterfactual): Explained {
  const factor = new Float64Array(seen.count).fill(1);
  const treated = treatedRows(seen);
  const pick = (value: (at: number) => number) => Float64Array.from(treated, value);
  const { columns, byAgent } = designOf(seen, treated);
  const rows: RatioRows = {
    count: treated.length,
    design: columns.map(({ values }) => values),
    ratio: pick((at) => (seen.after[at] ?? 0) / (seen.before[at] ?? 1)),
    weight: pick((at) => weight[at] ?? 0),
    offset: pick((at) => Math.log(ratio[at] ?? 1)),
  };
  const fit = fitLogLink(
    rows,
    columns.map(({ prior }) => noise / priorSd[prior] ** 2),
  );
  if (fit === undefined) return { factor, inflation: 1 };
  for (const [row, at] of treated.entries()) factor[at] = (fit.fitted[row] ?? 1) / (ratio[at] ?? 1);
  const left = (count: number, fitted: number) => count / Math.max(1, count - fitted);
  const inflation = left(treated.length, columns.length) * left(agentsOf(seen, treated), byAgent);
  return { factor, inflation, model: { treated, rows, fit, actions: columns.map(({ action }) => action) } };
}

interface Column {
  readonly action: number;
  readonly prior: keyof typeof priorSd;
  readonly values: Float64Array;
}

/** `byAgent`: how many of the columns tell agents apart. */
function designOf(seen: Observations, treated: readonly number[]): { columns: Column[]; byAgent: number } {
  const pick = (value: (at: number) => number) => Float64Array.from(treated, value);
  const codes = actionCodes(seen);
  const levels = seen.controls
    .filter(({ kind }) => kind === 'level')
    .map(({ column }) => pick((at) => column[at] ?? 0));
  const kinds = labelColumns(seen).map((column) => pick((at) => column[seen.agent[at] ?? 0] ?? 0));
  const hasLevels = treated.length >= perColumnMin * codes.length * levels.length;
  const hasKinds = agentsOf(seen, treated) >= perColumnMin * kinds.length;
  const told = [...(hasLevels ? levels : []), ...(hasKinds ? kinds : [])];
  const ofActions = codes.flatMap((action): Column[] => {
    const got = pick((at) => (hasAction(seen.actions[at] ?? 0, action) ? 1 : 0));
    const products = told.map((other): Column => {
      const values = got.map((value, row) => value * (other[row] ?? 0));
      return { action, prior: 'interaction', values };
    });
    return [{ action, prior: 'action', values: got }, ...products];
  });
  const all: Column = { action: 0, prior: 'untouched', values: new Float64Array(treated.length).fill(1) };
  return { columns: [all, ...ofActions], byAgent: 1 + (hasKinds ? kinds.length : 0) };
}

function agentsOf(seen: Observations, rows: readonly number[]): number {
  return new Set(rows.map((at) => seen.agent[at])).size;
}

/** A label that splits the agents into few kinds tells what they have in common; one that names each of them tells nothing. */
const kindsMax = 8;
const columnsMax = 16;

/** Agent by agent, 1 where it has the value; for each value of such labels but the first, the rarest ones left out. */
function labelColumns({ agents }: Observations): Float64Array[] {
  const keys = [...new Set(agents.flatMap(({ labels }) => Object.keys(labels)))].sort();
  return keys
    .flatMap((key) => {
      const values = [...new Set(agents.map(({ labels }) => labels[key] ?? ''))].sort();
      if (values.length > kindsMax) return [];
      return values
        .slice(1)
        .map((value) => Float64Array.from(agents, ({ labels }) => (labels[key] === value ? 1 : 0)));
    })
    .slice(0, columnsMax);
}

/** Of actions that a treated task got; ascending. */
export function actionCodes(seen: Observations): number[] {
  let all = 0;
  for (const at of treatedRows(seen)) all |= seen.actions[at] ?? 0;
  return Array.from({ length: 30 }, (_, at) => at + 1).filter((code) => hasAction(all, code));
}

function treatedRows({ count, agents, agent }: Observations): number[] {
  const rows: number[] = [];
  for (let at = 0; at < count; at++) if (agents[agent[at] ?? 0]?.arm === 'treated') rows.push(at);
  return rows;
}
