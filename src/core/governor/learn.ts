/**
 * Learning: a result in, sharper effect sizes out. For each metric the sizes of all actions are one normal vector; every
 * group of tasks that got the same set of actions is one observation, what the actions caused on it as estimated task by task
 * (else, from results without, log(after/before) of the treated minus that of the held-out tasks which would have got the same
 * set), and is worked in by a Kalman step (linear Gaussian regression). Old evidence fades: each result first widens the sizes
 * a little.
 */
import { type Capabilities, doseOf } from '../language/capabilities.js';
import { hasAction } from '../nerve/messages/action-set.js';
import type { Objective } from '../nerve/messages/decision.js';
import type { GroupTotals, Result } from '../nerve/messages/result.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import type { Learned } from '../pipeline-events.js';
import { type EffectSize, hasLearnedFrom, readMemory, writeLearned } from './memory.js';

/** Groups with fewer tasks than this are too thin to be their own control. */
const controlTasksMin = 30;
/**
 * What the linear model leaves out, as a standard deviation of log(after/before): a floor, and a share of the change
 * itself, because tasks of one group differ in how much of their cost an action can reach.
 */
const modelSd = 0.01;
const modelShare = 0.2;
/** Used when a group's own variance is not known. */
const unknownSd = 0.08;
/** Forgetting: standard deviation that each result adds to a size. */
const driftSd = 0.03;

/** Takes a result into memory, once; undefined when it had been taken in before. */
export async function learnFrom(
  redis: Redis,
  names: Names,
  {
    result,
    objective,
    predicted,
    capabilities,
  }: {
    readonly result: Result;
    readonly objective: Objective | undefined;
    /** Relative change that the decision expected of the objective's metric. */
    readonly predicted: number | undefined;
    readonly capabilities: Capabilities;
  },
): Promise<Learned | undefined> {
  if (await hasLearnedFrom(redis, names, result.id)) return undefined;
  // Agents were held out, but none of them reported: what changed by itself cannot be told from the effect.
  const controlled = result.heldOut === 0 || result.execution.holdOut !== null;
  const memory = await readMemory(redis, names, capabilities);
  const family = result.type.replace(/_v\d+$/, '');
  const nextVersion = (memory.versions.get(family) ?? versionOf(result.type)) + 1;
  const sizes = learnSizes(memory.effectSizes, controlled ? result.groups : [], capabilities);
  const changed = sizes.filter((size, at) => size !== memory.effectSizes[at]);
  await writeLearned(redis, names, {
    resultId: result.id,
    family,
    nextVersion,
    sizes: changed,
    capabilities,
  });
  const metric = objective?.metric ?? 'cost';
  return {
    nextType: `${family}_v${nextVersion}`,
    predicted: predicted ?? 0,
    measured: result.execution.metrics[metric]?.change ?? 0,
    effectSizes: sizes.flatMap((size, at) => {
      const before = memory.effectSizes[at];
      return before === undefined || size === before
        ? []
        : [{ action: size.action, metric: size.metric, before: before.mean, after: size.mean }];
    }),
  };
}

/** The sizes after one result, in the same order; those that nothing was observed of are returned as they were. */
export function learnSizes(
  sizes: readonly EffectSize[],
  groups: readonly GroupTotals[],
  capabilities: Capabilities,
): EffectSize[] {
  const metrics = [...new Set(sizes.map((size) => size.metric))];
  const learned = new Map<EffectSize, EffectSize>();
  for (const metric of metrics) {
    const observations = observationsOf(metric, groups, capabilities);
    if (observations.length === 0) continue;
    const own = sizes.filter((size) => size.metric === metric);
    for (const [at, size] of learnMetric(own, observations).entries())
      learned.set(own[at] as EffectSize, size);
  }
  return sizes.map((size) => learned.get(size) ?? size);
}

interface Observation {
  /** Action code -> dose in which it acted. */
  readonly doses: ReadonlyMap<number, number>;
  readonly logChange: number;
  readonly variance: number;
}

function observationsOf(
  metric: string,
  groups: readonly GroupTotals[],
  capabilities: Capabilities,
): Observation[] {
  const heldOut = groups.filter((group) => group.arm === 'held-out');
  const drift = logRatio(totalOf(heldOut, metric));
  return groups.flatMap((group) => {
    if (group.arm !== 'treated' || group.actions === 0 || group.tasks === 0) return [];
    const treated = group.metrics[metric];
    const change = logRatio(treated);
    if (treated === undefined || change === undefined) return [];
    const doses = dosesOf(group, capabilities);
    if (treated.caused !== undefined) {
      const { log, variance } = treated.caused;
      return [{ doses, logChange: log, variance: variance + leftOutVariance(log) }];
    }
    const control = heldOut.find(
      ({ actions, tasks }) => actions === group.actions && tasks >= controlTasksMin,
    );
    const controlChange = logRatio(control?.metrics[metric]) ?? drift ?? 0;
    const logChange = change - controlChange;
    const measured = (treated.logVariance ?? unknownSd ** 2) + (control?.metrics[metric]?.logVariance ?? 0);
    return [{ doses, logChange, variance: measured + leftOutVariance(logChange) }];
  });
}

function leftOutVariance(logChange: number): number {
  return modelSd ** 2 + (modelShare * logChange) ** 2;
}

/** Doses at the mean argument that the group's tasks got. */
function dosesOf(group: GroupTotals, capabilities: Capabilities): Map<number, number> {
  const inSet = capabilities.actions.filter(({ code }) => hasAction(group.actions, code));
  return new Map(
    inSet.map((action) => [action.code, doseOf(action, group.arguments[String(action.code)] ?? 0)]),
  );
}

function learnMetric(sizes: readonly EffectSize[], observations: readonly Observation[]): EffectSize[] {
  const mean = sizes.map((size) => size.mean);
  const observed = new Set<number>();
  const covariance = sizes.map((size, row) =>
    sizes.map((_, column) => (row === column ? size.sd ** 2 + (size.results > 0 ? driftSd ** 2 : 0) : 0)),
  );
  for (const { doses, logChange, variance } of observations) {
    const design = sizes.map((size) => doses.get(size.code) ?? 0);
    if (design.every((dose) => dose === 0)) continue;
    for (const code of doses.keys()) observed.add(code);
    kalmanStep(mean, covariance, design, logChange, variance);
  }
  return sizes.map((size, at) =>
    observed.has(size.code)
      ? {
          ...size,
          mean: mean[at] ?? size.mean,
          sd: Math.sqrt(covariance[at]?.[at] ?? size.sd ** 2),
          results: size.results + 1,
        }
      : size,
  );
}

/** One scalar observation `y = design . mean + noise`; changes mean and covariance in place (Kalman 1960). */
function kalmanStep(
  mean: number[],
  covariance: number[][],
  design: readonly number[],
  y: number,
  noise: number,
): void {
  const projected = covariance.map((row) => dot(row, design));
  const total = dot(projected, design) + noise;
  const surprise = y - dot(mean, design);
  for (let row = 0; row < mean.length; row++) {
    const gain = (projected[row] ?? 0) / total;
    mean[row] = (mean[row] ?? 0) + gain * surprise;
    for (let column = 0; column < mean.length; column++) {
      const cells = covariance[row] as number[];
      cells[column] = (cells[column] ?? 0) - gain * (projected[column] ?? 0);
    }
  }
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0);
}

function totalOf(groups: readonly GroupTotals[], metric: string): { before: number; after: number } {
  let before = 0;
  let after = 0;
  for (const group of groups) {
    before += group.metrics[metric]?.before ?? 0;
    after += group.metrics[metric]?.after ?? 0;
  }
  return { before, after };
}

function logRatio(
  totals: { readonly before: number; readonly after: number } | undefined,
): number | undefined {
  if (totals === undefined || totals.before <= 0 || totals.after <= 0) return undefined;
  return Math.log(totals.after / totals.before);
}

function versionOf(type: string): number {
  return Number(/_v(\d+)$/.exec(type)?.[1] ?? 1);
}
