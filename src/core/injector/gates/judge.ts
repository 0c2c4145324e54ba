/**
 * One look at the readings in, one verdict for each metric that has a gate out. Failed: the whole interval lies beyond what
 * is tolerated. Inconclusive: the estimate does, and is no chance, or there is no data where some was to be expected.
 * Passed: else, because a program is not held up for harm that nothing shows. Pure.
 */
import { limits } from '../../limits.js';
import { type GateMetric, type GateVerdict, gateMetricSchema } from '../../nerve/messages/gate-verdict.js';
import type { Look } from './readings.js';
import { differenceOf, intervalOf, isVisible, type Spread } from './sequential-test.js';
import type { Tolerance, Tolerances } from './tolerances.js';
import { comparisonText, noDataText } from './wording.js';

export interface Judgement {
  readonly at: number;
  readonly stage: GateVerdict['stage'];
  readonly batch: number;
  readonly looks: number;
  readonly tolerances: Tolerances;
  /** Without data a gate that should have some by now is inconclusive, another one passes with a note. */
  readonly expectsData: (gate: GateMetric) => boolean;
  /** Agents whose level from before the rollout is not known any more. */
  readonly lost?: number;
}

export function judgeLook(look: Look, judgement: Judgement): GateVerdict[] {
  return gateMetricSchema.options.flatMap((metric) => {
    const tolerance = judgement.tolerances[metric];
    return tolerance === undefined ? [] : [judgeMetric(metric, tolerance, look, judgement)];
  });
}

/** Each of the three gates is given its part, whether the others are on or not. */
const alpha = limits.gateAlpha / gateMetricSchema.options.length;
/** With fewer nobody knows how far agents differ anyway. */
const unchangedMin = 2;
/** What agents are reckoned to differ by before any was seen: a tenth in latency and cost, a point in errors. */
const ratioSpread: Spread = { priorSd: 0.1, priorAgents: 5 };
const errorSpread: Spread = { priorSd: 0.01, priorAgents: 5 };
/** Tolerances are made so small that no fleet could ever be told to keep within them. */
const widthLeast = { errors: 0.002, latency: 0.02, cost: 0.02 } as const satisfies Record<GateMetric, number>;

/** Ten times as much, and more, is no range. */
const tellingMax = 10;

function judgeMetric(
  gate: GateMetric,
  { tolerated, expected }: Tolerance,
  look: Look,
  judgement: Judgement,
): GateVerdict {
  const { at, stage, batch, looks } = judgement;
  const sample = look.samples[gate];
  const [changed, unchanged] = [sample.changed.length, sample.unchanged.length];
  const base = { gate, at, stage, batch, changed, unchanged, tolerance: tolerated, alpha, looks };
  const spread = gate === 'errors' ? { ...errorSpread, varianceMin: sample.varianceMin } : ratioSpread;
  const isEnough = 2 * changed >= look.changed && unchanged >= unchangedMin;
  const difference = isEnough ? differenceOf(sample.changed, sample.unchanged, spread) : undefined;
  if (difference === undefined) {
    const { measuring } = sample;
    // What a fleet never measures is not waited for; what it measured before is.
    const isMeasured = 2 * measuring.changed >= look.changed && measuring.unchanged >= unchangedMin;
    const isLost = judgement.expectsData(gate) && isMeasured;
    return {
      ...base,
      verdict: isLost ? 'inconclusive' : 'passed',
      text: noDataText(base, look.changed, judgement.lost),
    };
  }
  const scaled = gate === 'errors' ? (value: number) => value : Math.log1p;
  const limit = scaled(tolerated);
  const widthWanted = Math.max(limit, widthLeast[gate]);
  const [low, high] = intervalOf(difference, { alpha, widthWanted });
  const shown = gate === 'errors' ? (value: number) => value : Math.expm1;
  const range: [number, number] = [shown(low), shown(high)];
  const numbers = {
    estimate: shown(difference.estimate),
    // Of an agent or two the interval is as good as endless: that is no number to keep.
    ...(range[1] <= tellingMax ? { interval: range } : {}),
  };
  const isBeyond = difference.estimate > limit && isVisible(difference, scaled(expected));
  const verdict = low > limit ? 'failed' : isBeyond ? 'inconclusive' : 'passed';
  return { ...base, ...numbers, verdict, text: comparisonText({ ...base, ...numbers, verdict }) };
}
