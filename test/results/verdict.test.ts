import { describe, expect, it } from 'vitest';
import type { EffectEstimate, Result } from '../../src/core/nerve/messages/result.js';
import { judgeResult } from '../../src/core/results/verdict.js';

const less = { metric: 'cost', direction: 'decrease' } as const;
const more = { metric: 'throughput', direction: 'increase' } as const;

describe('the verdict on a result', () => {
  it.each([
    ['less was wanted, and it is less', less, estimate(-0.1, [-0.12, -0.08]), 'good'],
    ['more was wanted, and it is more', more, estimate(0.1, null), 'good'],
    ['less was wanted, and it is surely more', less, estimate(0.2, [0.1, 0.3]), 'harmful'],
    ['more was wanted, and it is surely less', more, estimate(-0.2, [-0.3, -0.1]), 'harmful'],
    ['it went the wrong way, but perhaps by chance', less, estimate(0.01, [-0.02, 0.04]), 'unclear'],
    ['it went the wrong way, and no interval can be given', less, estimate(0.2, null), 'unclear'],
    ['it did not change at all', less, estimate(0, [0, 0]), 'unclear'],
    [
      'nobody of the hold-out reported',
      less,
      { ...estimate(-0.1, null), method: 'before-after' as const },
      'unclear',
    ],
    ['it was not measured', less, undefined, 'unclear'],
  ])('when %s', (_, objective, measured, verdict) => {
    expect(judgeResult(resultWith(objective.metric, measured), objective)).toMatchObject({ verdict });
  });

  it('takes cost for what an instruction from elsewhere aims at', () => {
    expect(judgeResult(resultWith('cost', estimate(-0.1, null)), undefined)).toEqual({ verdict: 'good' });
  });
});

function estimate(change: number, interval: [number, number] | null): EffectEstimate {
  return { change, interval, method: 'hold-out' };
}

function resultWith(metric: string, measured: EffectEstimate | undefined): Result {
  const metrics = measured === undefined ? {} : { [metric]: measured };
  return { heldOut: 5, execution: { metrics } } as unknown as Result;
}
