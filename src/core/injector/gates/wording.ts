/** What a gate found in numbers in, the sentence of its verdict out. */
import type { GateVerdict } from '../../nerve/messages/gate-verdict.js';

interface Numbers extends Pick<GateVerdict, 'gate' | 'changed' | 'unchanged'> {
  readonly tolerance: number;
}

export interface Compared extends Numbers {
  readonly verdict: GateVerdict['verdict'];
  readonly estimate: number;
  readonly interval: readonly [number, number];
}

export function comparisonText(found: Compared): string {
  const { gate, changed, unchanged, estimate, interval, tolerance, verdict } = found;
  const amount = amountOf(gate);
  const [low, high] = interval.map(amount);
  const measured = `${gate} ${amount(estimate)} (${low} to ${high}) on ${changed} changed against ${unchanged} unchanged agents`;
  const limit = `${amount(tolerance)} ${tolerance === 0 ? 'is' : 'are'} tolerated`;
  if (verdict === 'inconclusive') return `${measured}; ${limit}, and it is not certain yet that it is more`;
  return `${measured}; ${limit}`;
}

export function noDataText({ gate, changed, unchanged }: Numbers, changedInAll: number): string {
  return `no data about ${gate}: ${changed} of ${changedInAll} changed and ${unchanged} unchanged agents have readings from before and after`;
}

/** 0.031 of latency is `+3.1 %`, of errors `+3.1 points`. */
function amountOf(gate: GateVerdict['gate']): (share: number) => string {
  const unit = gate === 'errors' ? 'points' : '%';
  return (share) => {
    const hundredths = Math.abs(share) >= 10 ? Math.round(share * 100) : Math.round(share * 1_000) / 10;
    return `${hundredths < 0 ? '' : '+'}${hundredths} ${unit}`;
  };
}
