import { describe, expect, test } from 'vitest';
import type { GateVerdict } from '../../../src/core/nerve/messages/gate-verdict.js';
import { type SimulatedCanary, watchCanary } from './simulated-canary.js';

/** What the last look of a canary ends with that is watched on while it is not clear. */
function endOf(canary: SimulatedCanary): readonly GateVerdict[] {
  const looks = watchCanary(canary);
  const clear = looks.find(
    (look) =>
      look.some(({ verdict }) => verdict === 'failed') || look.every(({ verdict }) => verdict === 'passed'),
  );
  return clear ?? looks.at(-1) ?? [];
}

const seeds = Array.from({ length: 12 }, (_, at) => 100 + at);

describe('on the simulated fleet', () => {
  test.each([
    { goal: 'reduce costs 15%', agents: 58, batch: '10' },
    { goal: 'reduce costs 15%', agents: 20, batch: '10' },
    { goal: 'reduce costs 15%', agents: 3, batch: '1' },
    { goal: 'cut latency by 20%', agents: 20, batch: '10' },
    { goal: 'increase throughput 20%', agents: 20, batch: '10' },
    { goal: 'reduce memory 15%', agents: 20, batch: '10' },
  ])('a decision to $goal on $agents agents in batches of $batch passes its canary', (canary) => {
    for (const seed of seeds) {
      const trouble = endOf({ ...canary, seed }).filter(({ verdict }) => verdict !== 'passed');
      expect(
        trouble.map(({ text }) => text),
        `seed ${seed}`,
      ).toEqual([]);
    }
  });

  test.each([
    { agents: 58, batch: '10', verdicts: ['failed'] },
    { agents: 20, batch: '10', verdicts: ['failed'] },
    { agents: 20, batch: '1', verdicts: ['failed', 'inconclusive'] },
    { agents: 3, batch: '1', verdicts: ['failed', 'inconclusive'] },
  ])('a program that doubles latency does not pass on $agents agents in batches of $batch', (canary) => {
    const found = seeds.map((seed) => {
      const end = endOf({ ...canary, goal: 'reduce costs 5%', seed, slower: 2 });
      return end.find(({ gate }) => gate === 'latency')?.verdict;
    });
    const stopped = found.filter((verdict) => canary.verdicts.includes(verdict ?? ''));
    expect(stopped.length, found.join()).toBeGreaterThanOrEqual(seeds.length - 1);
  });
});
