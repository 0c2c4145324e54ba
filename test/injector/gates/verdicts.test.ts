import { describe, expect, test } from 'vitest';
import { acceptedVerdicts, keptVerdicts } from '../../../src/core/injector/gates/verdicts.js';
import { limits } from '../../../src/core/limits.js';
import type { GateVerdict } from '../../../src/core/nerve/messages/gate-verdict.js';

function verdict(change: Partial<GateVerdict>): GateVerdict {
  return {
    ...{ gate: 'latency', verdict: 'passed', at: 1, stage: 'batch', batch: 1, changed: 1, unchanged: 1 },
    text: '',
    ...change,
  };
}

describe('the verdicts of a record', () => {
  test('keep of batches that passed only the newest of each gate', () => {
    let kept: GateVerdict[] = [verdict({ stage: 'bake' })];
    for (let batch = 1; batch <= 1_000; batch++)
      kept = keptVerdicts(kept, [verdict({ batch }), verdict({ batch, gate: 'cost' })]);
    expect(kept.map(({ gate, stage, batch }) => [gate, stage, batch])).toEqual([
      ['latency', 'bake', 1],
      ['latency', 'batch', 1_000],
      ['cost', 'batch', 1_000],
    ]);
  });

  test('keep what did not pass, and of very many the newest', () => {
    let kept: GateVerdict[] = [];
    for (let batch = 1; batch <= 200; batch++)
      kept = keptVerdicts(kept, [verdict({ batch, verdict: 'inconclusive' })]);
    expect(kept).toHaveLength(limits.gateVerdictsKeptMax);
    expect(kept.at(-1)?.batch).toBe(200);
  });

  test('name who accepted what was inconclusive, once', () => {
    const first = acceptedVerdicts([verdict({ verdict: 'inconclusive' }), verdict({})], { by: 'ana', at: 2 });
    expect(first.map(({ accepted }) => accepted?.by)).toEqual(['ana', undefined]);
    expect(acceptedVerdicts(first, { by: 'bob', at: 3 })).toEqual(first);
  });
});
