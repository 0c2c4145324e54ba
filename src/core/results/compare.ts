/**
 * Sums of both arms' agents -> by how much their totals differ: treated against held-out, whatever their tasks are. Pure. It is
 * the sanity check of what `task-level.ts` estimates, and the estimate where tasks cannot be told apart.
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
import { tQuantile95, tQuantile999 } from './student-t.js';
import type { ArmReport } from './window-reports.js';

export interface ArmsEstimate extends EffectEstimate {
  /** Half-width of the 99.9 % interval on the log scale; null when the variance is not known. */
  readonly logReach: number | null;
}

/**
 * Without held-out agents the change is before against after, which drift and chance of the moment are part of: it has
 * no interval, because none would say how wrong it can be. Null when there is nothing to compare.
 */
export function compareArms(
  treated: readonly AgentSums[],
  heldOut: readonly AgentSums[],
): ArmsEstimate | null {
  const treatment = logRatioOf(treated);
  const control = logRatioOf(heldOut);
  if (treatment.log === null) return null;
  if (control.agents === 0) {
    const change = Math.exp(treatment.log) - 1;
    return { change, interval: null, method: 'before-after', logReach: null };
  }
  if (control.log === null || control.after === 0) return null;
  const logChange = treatment.log - control.log;
  const { standardError, degrees } = spreadOf(treatment, control);
  const halfWidth = standardError * tQuantile95(degrees);
  const isKnown = Number.isFinite(halfWidth);
  return {
    change: Math.exp(logChange) - 1,
    interval: isKnown ? [Math.exp(logChange - halfWidth) - 1, Math.exp(logChange + halfWidth) - 1] : null,
    method: 'hold-out',
    logReach: isKnown ? standardError * tQuantile999(degrees) : null,
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

function spreadOf(treatment: LogRatio, control: LogRatio): { standardError: number; degrees: number } {
  if (treatment.variance === null || control.variance === null)
    return { standardError: Number.NaN, degrees: Number.NaN };
  const variance = treatment.variance + control.variance;
  const squares =
    treatment.variance ** 2 / (treatment.agents - 1) + control.variance ** 2 / (control.agents - 1);
  return { standardError: Math.sqrt(variance), degrees: variance === 0 ? 1 : variance ** 2 / squares };
}
