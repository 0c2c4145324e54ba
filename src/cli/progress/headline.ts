/** A result in, the one change that its goal was about out: in percent, with interval and prediction when known. */

import type { Decision, Metric } from '../../core/nerve/messages/decision.js';
import type { Result } from '../../core/nerve/messages/result.js';
import { formatChange, formatMoney, formatNumber } from '../format.js';

export interface Headline {
  readonly metric: string;
  /** Percent; negative is less. Null when it was not measured. */
  readonly changePct: number | null;
  /** 95 % interval, percent, low to high. */
  readonly interval?: readonly [number, number] | undefined;
  /** Percent, when the decision behind the result is at hand. */
  readonly predictedPct?: number | undefined;
  /** The metric moved in the direction that the goal asked for. */
  readonly better: boolean;
}

export function headlineOf(result: Result, decision: Decision | undefined): Headline {
  const behind = decision?.instruction.id === result.id ? decision : undefined;
  const metric: Metric = behind?.objective.metric ?? 'cost';
  const estimate = result.execution.metrics[metric];
  const { reductionPct, interval } = result.execution;
  const useEstimate = metric !== 'cost' && estimate !== undefined;
  const changePct = useEstimate ? estimate.change * 100 : reductionPct === null ? null : -reductionPct;
  const range = useEstimate ? estimate.interval : interval;
  const wanted = behind?.objective.direction === 'increase' ? 1 : -1;
  return {
    metric: useEstimate ? metric.replaceAll('_', ' ') : 'cost',
    changePct,
    interval: range ? rangeIn(range, useEstimate ? 100 : -1) : undefined,
    predictedPct: behind ? behind.prediction.target.mean * 100 : undefined,
    better: changePct !== null && Math.sign(changePct) === wanted,
  };
}

/** `cost -14.8 % (95 %: -15.7 to -13.9)`. */
export function headlineText(headline: Headline): string {
  const change = `${headline.metric} ${changeText(headline)}`;
  const { interval } = headline;
  return interval ? `${change} (95 %: ${rangeText(interval)})` : change;
}

export function changeText({ changePct }: Pick<Headline, 'changePct'>): string {
  return changePct === null ? 'not measured' : formatChange(changePct);
}

/** `$8.50/h → $7.20/h`; undefined when cost was not measured. */
export function costsText(costs: {
  readonly costBefore: number | null;
  readonly costAfter: number | null;
}): string | undefined {
  const { costBefore, costAfter } = costs;
  if (costBefore === null || costAfter === null) return undefined;
  return `${formatMoney(costBefore)}/h → ${formatMoney(costAfter)}/h`;
}

/** `-15.7 to -13.9`. */
export function rangeText([low, high]: readonly [number, number]): string {
  return `${formatNumber(low, 1)} to ${formatNumber(high, 1)}`;
}

function rangeIn([one, other]: readonly [number, number], factor: number): [number, number] {
  const low = one * factor;
  const high = other * factor;
  return low <= high ? [low, high] : [high, low];
}
