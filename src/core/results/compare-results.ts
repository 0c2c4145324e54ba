/**
 * Two results and the agents of each in, side by side out: per metric both changes and by how much they differ, which parameters
 * differ, how many agents took part in both. Pure. The interval of a difference comes from those of its parts (MOVER: Zou and
 * Donner, Statistics in Medicine 27, 2008, 1693); two windows with a lot each are taken as independent.
 */
import { DreamnetError } from '../errors.js';
import type { EffectEstimate, Result } from '../nerve/messages/result.js';

export type Interval = readonly [number, number] | null;

export interface ComparedMetric {
  readonly metric: string;
  /** Fractions; null in a result that did not measure it. */
  readonly a: EffectEstimate | null;
  readonly b: EffectEstimate | null;
  /** b - a, in fractions of the total; null when one of them is. */
  readonly difference: { readonly change: number; readonly interval: Interval } | null;
}

export interface ResultComparison {
  readonly metrics: readonly ComparedMetric[];
  readonly parameters: readonly {
    readonly name: string;
    readonly a: number | null;
    readonly b: number | null;
  }[];
  /** Null when it is not known any more who took part. */
  readonly agents: { readonly inCommon: number; readonly onlyA: number; readonly onlyB: number } | null;
  /** What to bear in mind. */
  readonly notes: readonly string[];
}

export interface ComparedResult {
  readonly result: Result;
  readonly agents: ReadonlySet<string>;
}

/** Throws DN760 for one result twice. */
export function compareResults(a: ComparedResult, b: ComparedResult): ResultComparison {
  if (a.result.id === b.result.id) throw sameResult(a.result.id);
  const { metrics: ofA } = a.result.execution;
  const { metrics: ofB } = b.result.execution;
  const metrics = [...new Set([...Object.keys(ofA), ...Object.keys(ofB)])].sort();
  return {
    metrics: metrics.map((metric) => comparedMetric(metric, ofA[metric] ?? null, ofB[metric] ?? null)),
    parameters: differingParameters(a.result.parameters, b.result.parameters),
    agents: agentsOf(a.agents, b.agents),
    notes: notesOf(a.result, b.result),
  };
}

function comparedMetric(metric: string, a: EffectEstimate | null, b: EffectEstimate | null): ComparedMetric {
  if (a === null || b === null) return { metric, a, b, difference: null };
  const change = b.change - a.change;
  return { metric, a, b, difference: { change, interval: intervalOfDifference(a, b) } };
}

function intervalOfDifference(a: EffectEstimate, b: EffectEstimate): Interval {
  if (a.interval === null || b.interval === null) return null;
  const change = b.change - a.change;
  const down = Math.hypot(b.change - b.interval[0], a.interval[1] - a.change);
  const up = Math.hypot(b.interval[1] - b.change, a.change - a.interval[0]);
  return [change - down, change + up];
}

function differingParameters(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): ResultComparison['parameters'] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return names
    .filter((name) => a[name] !== b[name])
    .map((name) => ({ name, a: a[name] ?? null, b: b[name] ?? null }));
}

function agentsOf(a: ReadonlySet<string>, b: ReadonlySet<string>): ResultComparison['agents'] {
  if (a.size === 0 || b.size === 0) return null;
  const inCommon = [...a].filter((id) => b.has(id)).length;
  return { inCommon, onlyA: a.size - inCommon, onlyB: b.size - inCommon };
}

function notesOf(a: Result, b: Result): string[] {
  const differing = (what: string, one: string | number, other: string | number) =>
    one === other ? [] : [`The ${what} differ: ${one} and ${other}.`];
  const uncontrolled = [a, b].filter(({ execution }) =>
    Object.values(execution.metrics).some(({ method }) => method === 'before-after'),
  );
  return [
    ...(a.digest === b.digest ? [] : ['They ran different programs.']),
    ...differing('workloads', a.execution.workload, b.execution.workload),
    ...differing('windows', `${a.execution.windowMs} ms`, `${b.execution.windowMs} ms`),
    ...uncontrolled.map(({ id }) => `${id} held nobody out: its changes are before against after.`),
  ];
}

function sameResult(id: string): DreamnetError {
  return new DreamnetError({
    code: 'DN760',
    kind: 'bad-input',
    message: `Both are the result of ${id}, and a result does not differ from itself.`,
    hint: 'Name two results; see the newest with `dreamnet results`.',
  });
}
