/** What a gate found in numbers in, the sentence of its verdict out. */
import type { GateVerdict } from '../../nerve/messages/gate-verdict.js';

interface Numbers extends Pick<GateVerdict, 'gate' | 'changed' | 'unchanged'> {
  readonly tolerance: number;
}

export interface Compared extends Numbers {
  readonly verdict: GateVerdict['verdict'];
  readonly estimate: number;
  /** Absent where so few agents leave it open. */
  readonly interval?: readonly [number, number] | undefined;
}

export function comparisonText(found: Compared): string {
  const { gate, changed, unchanged, estimate, interval, tolerance, verdict } = found;
  const amount = (share: number) => `${signed(share)} ${gate === 'errors' ? 'points' : '%'}`;
  const range = interval === undefined ? 'too few to say how sure' : interval.map(signed).join(' to ');
  const measured = `${gate} ${amount(estimate)} (${range}) on ${changed} changed against ${unchanged} unchanged agents`;
  const limit = `${amount(tolerance)} ${tolerance === 0 ? 'is' : 'are'} tolerated`;
  if (verdict === 'inconclusive') return `${measured}; ${limit}, and it is not certain yet that it is more`;
  return `${measured}; ${limit}`;
}

export function noDataText({ gate, changed, unchanged }: Numbers, changedInAll: number, lost = 0): string {
  const why = lost === 0 ? '' : `; what ${lost} of them measured before the rollout is not known any more`;
  return `no data about ${gate}: ${changed} of ${changedInAll} changed and ${unchanged} unchanged agents have readings from before and after${why}`;
}

/** Hundredths with their sign: 0.031 is `+3.1`. */
function signed(share: number): string {
  const hundredths = Math.abs(share) >= 10 ? Math.round(share * 100) : Math.round(share * 1_000) / 10;
  return `${hundredths < 0 ? '' : '+'}${hundredths}`;
}
