/**
 * Window reports of both arms -> what the program changed, metric by metric: treated against held-out. Pure.
 *
 * With A and B the totals after and before of the treated (T) and held-out (C) agents,
 *   R = (A_T/B_T) / (A_C/B_C),  change = R - 1,
 * a difference in differences on the log scale: what both arms share (drift, regression to the mean of the tasks that
 * the program picks) cancels. The 95 % interval is exp(log R +- t * sqrt(V_T + V_C)) - 1 with the variances of `ratio.ts`
 * and t from Student's distribution with the degrees of freedom of Satterthwaite (Biometrics Bulletin 2, 1946, 110) and
 * Welch (Biometrika 34, 1947, 28): with few held-out agents it is wide, as it should be.
 */
import type { EffectEstimate } from '../nerve/messages/result.js';
import { type AgentSums, type LogRatio, logRatioOf } from './ratio.js';
import { tQuantile95 } from './student-t.js';
import type { ArmReport } from './window-reports.js';

/** Metric -> estimate; a metric of which there was nothing before go-live has none. */
export function compareMetrics(reports: readonly ArmReport[]): Record<string, EffectEstimate> {
  const metrics = new Set(reports.flatMap((report) => Object.keys(report.totals)));
  const estimates: Record<string, EffectEstimate> = {};
  for (const metric of [...metrics].sort()) {
    const estimate = compareArms(sumsOf(reports, 'treated', metric), sumsOf(reports, 'held-out', metric));
    if (estimate !== null) estimates[metric] = estimate;
  }
  return estimates;
}

/**
 * Without held-out agents the change is before against after, which drift and chance of the moment are part of: it has
 * no interval, because none would say how wrong it can be. Null when there is nothing to compare.
 */
export function compareArms(
  treated: readonly AgentSums[],
  heldOut: readonly AgentSums[],
): EffectEstimate | null {
  const treatment = logRatioOf(treated);
  const control = logRatioOf(heldOut);
  if (treatment.log === null) return null;
  if (control.agents === 0) {
    return { change: Math.exp(treatment.log) - 1, interval: null, method: 'before-after' };
  }
  if (control.log === null || control.after === 0) return null;
  const logChange = treatment.log - control.log;
  return {
    change: Math.exp(logChange) - 1,
    interval: intervalOf(logChange, treatment, control),
    method: 'hold-out',
  };
}

/** Sums of one metric, one entry per agent of the arm that reported it. */
export function sumsOf(
  reports: readonly ArmReport[],
  arm: ArmReport['arm'],
  metric: string,
): readonly AgentSums[] {
  return reports.flatMap((report) => (report.arm === arm ? (report.totals[metric] ?? []) : []));
}

function intervalOf(logChange: number, treatment: LogRatio, control: LogRatio): [number, number] | null {
  if (treatment.variance === null || control.variance === null) return null;
  const variance = treatment.variance + control.variance;
  if (variance === 0) return [Math.exp(logChange) - 1, Math.exp(logChange) - 1];
  const degrees =
    variance ** 2 /
    (treatment.variance ** 2 / (treatment.agents - 1) + control.variance ** 2 / (control.agents - 1));
  const halfWidth = tQuantile95(degrees) * Math.sqrt(variance);
  return [Math.exp(logChange - halfWidth) - 1, Math.exp(logChange + halfWidth) - 1];
}
