import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { absorbResults } from '../../src/core/governor/absorb-results.js';
import { readMemory } from '../../src/core/governor/memory.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import type { Result } from '../../src/core/nerve/messages/result.js';
import { appendMessage } from '../../src/core/nerve/streams.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());
beforeEach(() => server.clear());

const memory = () => readMemory(server.redis, server.names, referenceFleet);
const sizeOf = async (action: string, metric: string) =>
  (await memory()).effectSizes.find((size) => size.action === action && size.metric === metric);

describe("the governor's memory", () => {
  it('is the priors of the capability file before anything was measured', async () => {
    expect(await sizeOf('REDUCE_MEMORY_CACHE', 'memory')).toMatchObject({ mean: -1, sd: 0.3, results: 0 });
  });

  it('learns from a result once, however often it is delivered', async () => {
    await appendMessage(server.redis, server.names.results, result('instr_1'));
    await appendMessage(server.redis, server.names.results, result('instr_1'));
    const first = await absorbResults(server.redis, server.names, 'one');
    expect(first).toHaveLength(1);
    expect(first[0]?.learned).toMatchObject({ nextType: 'COST_OPTIMIZATION_v3', measured: -0.1 });
    const size = await sizeOf('REDUCE_MEMORY_CACHE', 'memory');
    expect(size?.mean).toBeGreaterThan(-0.7);
    expect(size?.sd).toBeLessThan(0.2);
    await appendMessage(server.redis, server.names.results, result('instr_1'));
    expect(await absorbResults(server.redis, server.names, 'two')).toEqual([]);
    expect(await sizeOf('REDUCE_MEMORY_CACHE', 'memory')).toEqual(size);
  });

  it('raises the version with every result of the family', async () => {
    await appendMessage(server.redis, server.names.results, result('instr_1'));
    await appendMessage(server.redis, server.names.results, result('instr_2'));
    const learned = await absorbResults(server.redis, server.names, 'one');
    expect(learned.map((one) => one.learned.nextType)).toEqual([
      'COST_OPTIMIZATION_v3',
      'COST_OPTIMIZATION_v4',
    ]);
    expect((await memory()).versions.get('COST_OPTIMIZATION')).toBe(4);
  });

  it('is not stopped by messages that do not fit', async () => {
    await server.redis.xadd(server.names.results, '*', 'json', '{"id":');
    await server.redis.xadd(server.names.results, '*', 'other', 'thing');
    await appendMessage(server.redis, server.names.results, { id: 'x', at: 'yesterday' });
    await appendMessage(server.redis, server.names.results, result('instr_1'));
    expect(await absorbResults(server.redis, server.names, 'one')).toHaveLength(1);
    const [pending] = (await server.redis.xpending(server.names.results, 'governor')) as [number];
    expect(pending, 'messages taken and never finished').toBe(0);
  });

  it('falls back to the prior where a stored size is damaged', async () => {
    await server.redis.hset(
      server.names.governorMemory,
      'size|REDUCE_MEMORY_CACHE|memory',
      '{"mean":"high"}',
    );
    expect(await sizeOf('REDUCE_MEMORY_CACHE', 'memory')).toMatchObject({ mean: -1, results: 0 });
  });
});

function result(id: string): Result {
  const memoryTotals = (before: number, after: number) => ({ memory: { before, after, logVariance: 1e-6 } });
  const group = { actions: 2, agents: 10, tasks: 100 };
  return {
    id,
    at: 1,
    type: 'COST_OPTIMIZATION_v2',
    digest: `sha256:${'0'.repeat(64)}`,
    parameters: {},
    state: 'complete',
    agents: 20,
    succeeded: 20,
    failed: 0,
    heldOut: 2,
    execution: {
      windowMs: 1_000,
      workload: 'simulated',
      agentsReporting: 20,
      tasksProcessed: 1,
      tasks: 1,
      effectsApplied: 1,
      effectsRefused: 0,
      effectsByAction: {},
      costBefore: 10,
      costAfter: 9,
      holdOut: { agents: 2, costBefore: 1, costAfter: 1 },
      reductionPct: 10,
      interval: null,
      latencyChangePct: 0,
      metrics: { cost: { change: -0.1, interval: null, method: 'hold-out' } },
      errors: 0,
      successRate: 1,
    },
    groups: [
      { ...group, arm: 'treated', arguments: { '2': 0.5 }, metrics: memoryTotals(1_000, 1_000 * 0.5 ** 0.6) },
      { ...group, arm: 'held-out', arguments: { '2': 0.5 }, metrics: memoryTotals(100, 100) },
    ],
    leaderboard: { topPerformer: null, mostEfficient: null, hardestWorker: null, top: [] },
    contributions: {},
  };
}
