/**
 * A result and what it aimed at in, what is to become of the program out. Good: the metric moved the right way, and the
 * hold-out follows. Harmful: it clearly moved the wrong way, and everybody returns to what they had. Unclear: neither can
 * be said; the program stays where it is, and the hold-out without it.
 */
import type { Objective } from '../nerve/messages/decision.js';
import type { Result } from '../nerve/messages/result.js';

export interface Verdict {
  readonly verdict: 'good' | 'unclear' | 'harmful';
  /** Why, unless it is good. */
  readonly reason?: string;
}

/** Without an objective the instruction came from elsewhere; cost is what its context speaks of. */
export function judgeResult(
  result: Result,
  objective: Pick<Objective, 'metric' | 'direction'> | undefined,
): Verdict {
  const { metric, direction } = objective ?? { metric: 'cost', direction: 'decrease' };
  const estimate = result.execution.metrics[metric];
  const unclear = (what: string): Verdict => ({
    verdict: 'unclear',
    reason: result.heldOut > 0 ? `${what}: the hold-out stays on the old program` : what,
  });
  if (estimate === undefined) return unclear(`${metric} was not measured`);
  if (result.heldOut > 0 && estimate.method !== 'hold-out') return unclear('no held-out agent reported');
  const wanted = direction === 'decrease' ? -1 : 1;
  if (estimate.change * wanted > 0) return { verdict: 'good' };
  const changed = `${metric} changed by ${(estimate.change * 100).toFixed(1)} %`;
  const surelyWrong = estimate.interval?.every((bound) => bound * wanted < 0) ?? false;
  if (!surelyWrong) return unclear(changed);
  return { verdict: 'harmful', reason: `${changed}: every agent was returned to what it had` };
}
