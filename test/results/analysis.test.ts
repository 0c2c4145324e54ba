import { describe, expect, test } from 'vitest';
import type { SummaryInput } from '../../src/core/results/summary.js';
import { summarise } from '../../src/core/results/summary.js';
import { summaryInput, type TestAgent } from './rollout-fixture.js';

/** A hundred agents on ten hosts; `change` says what is special about each. */
function fleet(change: (at: number) => Partial<TestAgent>): SummaryInput {
  const agents = Array.from({ length: 100 }, (_, at): TestAgent => {
    return { id: `agent-${at}`, heldOut: at % 20 === 0, cost: [10, 9], ...change(at) };
  });
  const input = summaryInput(agents);
  const records = input.records.map((record, at) => ({
    ...record,
    host: `host-${Math.floor(at / 10)}`,
    labels: { class: at % 2 === 0 ? 'web' : 'batch', name: `n${at}` },
  }));
  return { ...input, records };
}

function failing(input: SummaryInput, why: (at: number) => string | undefined): SummaryInput {
  const agents = [...input.agents].map(([id, agent], at) => {
    const reason = why(at);
    return [
      id,
      reason === undefined ? agent : { ...agent, outcome: 'failed' as const, code: 'DN601', reason },
    ] as const;
  });
  return { ...input, agents: new Map(agents) };
}

describe('the analysis of failures', () => {
  test('names who failed for which reason, numbers and names aside', () => {
    const input = failing(
      fleet(() => ({})),
      (at) =>
        at < 5 ? `agent-${at}: no answer within ${100 + at} ms` : at === 50 ? 'the disk is full' : undefined,
    );
    const { analysis, failed } = summarise(input);
    expect(failed).toBe(6);
    expect(analysis).toMatchObject({
      troubled: 6,
      reasons: [
        {
          code: 'DN601',
          agents: 5,
          reason: 'agent-0: no answer within 100 ms',
          examples: ['agent-0', 'agent-1', 'agent-2', 'agent-3', 'agent-4'],
        },
        { code: 'DN601', agents: 1, reason: 'the disk is full' },
      ],
      reasonsLeftOut: 0,
    });
  });

  test('finds the host that they share, with counts and a test, and nothing in what they share by chance', () => {
    const bad = new Set([30, 31, 32, 33, 34, 35, 36, 37, 71]);
    const { analysis } = summarise(
      failing(
        fleet(() => ({})),
        (at) => (bad.has(at) ? 'no answer' : undefined),
      ),
    );
    expect(analysis?.troubledShare).toEqual([
      { trait: 'host=host-3', among: 8, of: 9, amongAll: 10, ofAll: 100, p: expect.any(Number) },
    ]);
    expect(analysis?.troubledShare[0]?.p).toBeLessThan(1e-6);
    const scattered = summarise(
      failing(
        fleet(() => ({})),
        (at) => (at % 11 === 0 ? 'no answer' : undefined),
      ),
    );
    expect(scattered.analysis?.troubledShare).toEqual([]);
  });

  test('counts errors in the window and missing reports, each as its own reason', () => {
    const input = fleet((at) => ({
      ...(at === 7 ? { report: { errors: 2, lastError: 'REDUCE_CPU_THROTTLE: refused by the engine' } } : {}),
      ...(at === 8 ? { report: { completed: -1 } } : {}),
    }));
    const { analysis } = summarise(input);
    expect(analysis?.reasons.map(({ reason, examples }) => [reason, examples])).toEqual([
      ['REDUCE_CPU_THROTTLE: refused by the engine', ['agent-7']],
      ['impossible figures', ['agent-8']],
    ]);
  });

  test('says what the best quarter has in common', () => {
    const { analysis } = summarise(fleet((at) => ({ cost: [10, at % 2 === 0 && at < 60 ? 5 : 9] as const })));
    expect(analysis?.bestShare[0]).toMatchObject({ trait: 'class=web', ofAll: 95 });
    expect(analysis?.troubled).toBe(0);
  });

  test('has nothing to say of a fleet without trouble or differences', () => {
    const { analysis } = summarise(summaryInput([{ id: 'a', cost: [1, 1] }]));
    expect(analysis).toEqual({
      troubled: 0,
      reasons: [],
      reasonsLeftOut: 0,
      troubledShare: [],
      bestShare: [],
    });
  });
});
