import { describe, expect, test } from 'vitest';
import { comparisonMarkdown } from '../../src/cli/views/result-markdown.js';
import { comparisonText } from '../../src/cli/views/results-document.js';
import type { EffectEstimate, Result } from '../../src/core/nerve/messages/result.js';
import { compareResults } from '../../src/core/results/compare-results.js';
import { summarise } from '../../src/core/results/summary.js';
import { summaryInput } from './rollout-fixture.js';

const base = summarise(summaryInput([{ id: 'a', cost: [100, 66] }]));

function result(id: string, metrics: Record<string, EffectEstimate>, change: Partial<Result> = {}): Result {
  return { ...base, id, execution: { ...base.execution, metrics }, ...change } as Result;
}

const estimate = (change: number, interval: [number, number] | null): EffectEstimate => ({
  change,
  interval,
  method: 'hold-out',
});
const agents = (...ids: string[]) => new Set(ids);

describe('two results side by side', () => {
  const one = result('instr_a', { cost: estimate(-0.1, [-0.13, -0.08]), latency: estimate(0.02, null) });
  const other = result(
    'instr_b',
    {
      cost: estimate(-0.15, [-0.19, -0.12]),
      latency: estimate(0.03, [0, 0.06]),
      memory: estimate(-0.2, [-0.3, -0.1]),
    },
    { parameters: { cpu_cut: 0.3, memory_cut: 0.1 }, digest: `sha256:${'ef'.repeat(32)}` },
  );
  const comparison = compareResults(
    { result: one, agents: agents('a', 'b', 'c') },
    { result: other, agents: agents('b', 'c', 'd', 'e') },
  );

  test('have for each metric both changes and the difference with its interval', () => {
    const [cost, latency, memory] = comparison.metrics;
    expect(cost).toMatchObject({ metric: 'cost', a: { change: -0.1 }, b: { change: -0.15 } });
    expect(cost?.difference?.change).toBeCloseTo(-0.05);
    expect(cost?.difference?.interval?.[0]).toBeCloseTo(-0.05 - Math.hypot(0.04, 0.02));
    expect(cost?.difference?.interval?.[1]).toBeCloseTo(-0.05 + Math.hypot(0.03, 0.03));
    expect(latency?.difference).toEqual({ change: expect.closeTo(0.01), interval: null });
    expect(memory).toMatchObject({ a: null, difference: null });
  });

  test('list the parameters that differ, and the agents in common', () => {
    expect(comparison.parameters).toEqual([
      { name: 'cpu_cut', a: 0.2, b: 0.3 },
      { name: 'memory_cut', a: null, b: 0.1 },
    ]);
    expect(comparison.agents).toEqual({ inCommon: 2, onlyA: 1, onlyB: 2 });
    expect(comparison.notes).toEqual(['They ran different programs.']);
  });

  test('are told as text and as Markdown', () => {
    const document = { a: one, b: other, comparison };
    expect(comparisonText(document)).toContain(
      '2 agents took part in both, 1 only in instr_a, 2 only in instr_b.',
    );
    const markdown = comparisonMarkdown(document);
    expect(markdown).toContain(
      '| cost | -10.0 % (95 %: -13.0 to -8.0) | -15.0 % (95 %: -19.0 to -12.0) | -5.0 points (95 %:',
    );
    expect(markdown).toContain('| memory | not measured | -20.0 % (95 %: -30.0 to -10.0) |  |');
    expect(markdown).toContain('| cpu\\_cut | 0.2 | 0.3 |');
  });

  test('say where a comparison limps', () => {
    const past = { change: -0.1, interval: null, method: 'before-after' } as const;
    const uncontrolled = result('instr_c', { cost: past }, {});
    const { notes, agents: shared } = compareResults(
      { result: one, agents: agents() },
      {
        result: { ...uncontrolled, execution: { ...uncontrolled.execution, workload: 'docker' } },
        agents: agents('x'),
      },
    );
    expect(shared).toBeNull();
    expect(notes).toEqual([
      'The workloads differ: simulated and docker.',
      'instr_c held nobody out: its changes are before against after.',
    ]);
  });

  test('are refused when they are one', () => {
    const side = { result: one, agents: agents('a') };
    expect(() => compareResults(side, side)).toThrow(
      expect.objectContaining({ code: 'DN760', kind: 'bad-input' }),
    );
  });
});
