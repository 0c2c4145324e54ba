/**
 * Treated tasks and their forecasts without the program in, what actions explain of the difference out: after = forecast ·
 * exp(d · θ), with d the actions that a task got, each alone, times its levels before, and for each kind of agent (what an
 * action can reach differs from task to task and from label to label), as far as there are tasks and agents enough to tell.
 * Pure. The fleet's change does not rest on it: it only tells noise from effects that differ by rule.
 */
import { hasAction } from '../nerve/messages/action-set.js';
import type { Counterfactual } from './counterfactual.js';
import { fitLogLink } from './log-link.js';
import type { Observations } from './observations.js';

const effectPriorSd = 1;
const interactionPriorSd = 0.2;

/** A column is told from chance by so many tasks, or agents. */
const perColumnMin = 5;

export interface Explained {
  /** exp(d · θ), row by row; 1 for held-out tasks. */
  readonly factor: Float64Array;
  /** By how much squares of what is left must be raised: what fits as well takes some of the noise for effects. */
  readonly inflation: number;
}

export function explainedByActions(seen: Observations, without: Counterfactual): Explained {
  const { ratio, weight, noise } = without;
  const factor = new Float64Array(seen.count).fill(1);
  const rows = treatedRows(seen);
  const pick = (value: (at: number) => number) => Float64Array.from(rows, value);
  const design = designOf(seen, rows);
  const fit = fitLogLink(
    {
      count: rows.length,
      design: design.columns,
      ratio: pick((at) => (seen.after[at] ?? 0) / (seen.before[at] ?? 1)),
      weight: pick((at) => weight[at] ?? 0),
      offset: pick((at) => Math.log(ratio[at] ?? 1)),
    },
    design.priorSd.map((sd) => noise / sd ** 2),
  );
  if (fit === undefined) return { factor, inflation: 1 };
  for (const [row, at] of rows.entries()) factor[at] = (fit.fitted[row] ?? 1) / (ratio[at] ?? 1);
  const agents = new Set(rows.map((at) => seen.agent[at])).size;
  const left = (count: number, fitted: number) => count / Math.max(1, count - fitted);
  return { factor, inflation: left(rows.length, design.columns.length) * left(agents, design.byAgent) };
}

interface Design {
  readonly columns: Float64Array[];
  readonly priorSd: number[];
  /** How many of the columns tell agents apart. */
  readonly byAgent: number;
}

function designOf(seen: Observations, rows: readonly number[]): Design {
  const pick = (value: (at: number) => number) => Float64Array.from(rows, value);
  const got = actionCodes(seen).map((code) => pick((at) => (hasAction(seen.actions[at] ?? 0, code) ? 1 : 0)));
  const levels = seen.controls
    .filter(({ kind }) => kind === 'level')
    .map(({ column }) => pick((at) => column[at] ?? 0));
  const kinds = labelColumns(seen).map((column) => pick((at) => column[seen.agent[at] ?? 0] ?? 0));
  const agents = new Set(rows.map((at) => seen.agent[at])).size;
  const told = [
    ...(rows.length >= perColumnMin * got.length * levels.length ? levels : []),
    ...(agents >= perColumnMin * kinds.length ? kinds : []),
  ];
  const products = got.flatMap((column) =>
    told.map((other) => column.map((value, row) => value * (other[row] ?? 0))),
  );
  const alone = [new Float64Array(rows.length).fill(1), ...got];
  return {
    columns: [...alone, ...products],
    priorSd: [...alone.map(() => effectPriorSd), ...products.map(() => interactionPriorSd)],
    byAgent: 1 + told.filter((column) => kinds.includes(column)).length,
  };
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

export function treatedRows({ count, agents, agent }: Observations): number[] {
  const rows: number[] = [];
  for (let at = 0; at < count; at++) if (agents[agent[at] ?? 0]?.arm === 'treated') rows.push(at);
  return rows;
}
