import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readAggregate, readHealth, readHistory } from '../../src/core/orchestrator/read.js';
import { tickOnce } from '../../src/core/orchestrator/tick.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { agentRecord, digest, nowMs, putAgents, tickMetrics } from './fleet-fixture.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const tick = (atMs = nowMs) => tickOnce({ redis: server.redis, names: server.names, nowMs: atMs });

describe('a tick', () => {
  test('writes what its readers give back', async () => {
    await putAgents(server, [agentRecord('a', { status: 'live', live: digest }), agentRecord('b')]);
    const { aggregate, health } = await tick();
    expect(aggregate).toMatchObject({ agentsAlive: 2, tasks: 20, successRate: null });
    expect(await readAggregate(server.redis, server.names)).toEqual(aggregate);
    expect(await readHealth(server.redis, server.names)).toEqual(health);
    expect(await readHistory(server.redis, server.names, 10)).toEqual([aggregate]);
  });

  test('gives history newest first', async () => {
    await putAgents(server, [agentRecord('a')]);
    for (const atMs of [nowMs, nowMs + 1, nowMs + 2]) await tick(atMs);
    const history = await readHistory(server.redis, server.names, 2);
    expect(history.map((aggregate) => aggregate.at)).toEqual([nowMs + 2, nowMs + 1]);
  });

  test('survives agents without a record, with damaged figures and with none', async () => {
    const { redis, names } = server;
    await putAgents(
      server,
      ['fine', 'damaged', 'absurd', 'bare'].map((id) => agentRecord(id)),
    );
    await redis.hset(names.agent('damaged'), 'metrics', '{"at":');
    await redis.hset(names.agent('absurd'), 'metrics', JSON.stringify({ ...tickMetrics(), cost: null }));
    await redis.del(names.agent('bare'));
    const { aggregate, health } = await tick();
    expect(aggregate).toMatchObject({ agentsAlive: 4, stale: 3, tasks: 10, cost: 8 });
    expect(health).toMatchObject({
      state: 'degraded',
      reasons: ['3 of 4 living agents have no recent measurement'],
    });
  });

  test('does not call agents lost that said they stop, or that fell silent long ago', async () => {
    await putAgents(server, [agentRecord('fine')]);
    await putAgents(server, [agentRecord('stopped', { status: 'stopped' })], nowMs - 60_000);
    await putAgents(server, [agentRecord('forgotten')], nowMs - 90_000_000);
    expect((await tick()).health.state).toBe('healthy');
    await putAgents(server, [agentRecord('lost')], nowMs - 60_000);
    expect((await tick()).health.reasons).toEqual(['1 of 2 agents are silent']);
  });

  test('counts agents that are reached from outside neither as stuck nor as lost', async () => {
    const { metrics: _none, ...external } = agentRecord('external', {
      workload: 'external',
      transport: 'volume',
    });
    await putAgents(server, [agentRecord('fine'), { ...external, id: 'seen' }]);
    await putAgents(server, [{ ...external, id: 'unseen' }], nowMs - 60_000);
    const { aggregate, health } = await tick();
    expect(aggregate).toMatchObject({ agentsAlive: 2, agentsKnown: 3, stale: 0, unmeasured: 1 });
    expect(health).toMatchObject({ state: 'healthy', reasons: [] });
    expect(health.notes.join()).toMatch(/1 agent reports no measurements.*1 agent is reached from outside/);
    expect(await readHealth(server.redis, server.names)).toEqual(health);
  });

  test('writes nothing when it may no longer', async () => {
    await putAgents(server, [agentRecord('a')]);
    await tickOnce({ redis: server.redis, names: server.names, nowMs, mayWrite: () => false });
    expect(await readAggregate(server.redis, server.names)).toBeUndefined();
    expect(await readHealth(server.redis, server.names)).toBeUndefined();
    expect(await readHistory(server.redis, server.names, 1)).toEqual([]);
  });

  test('of the reference fleet takes well under 50 ms', async () => {
    const fleet = Array.from({ length: 1_159 }, (_, at) => agentRecord(`agent-${at}`));
    await putAgents(server, fleet);
    const times: number[] = [];
    for (let round = 0; round < 7; round++) {
      const startMs = performance.now();
      const { aggregate } = await tick();
      times.push(performance.now() - startMs);
      expect(aggregate.agentsAlive).toBe(1_159);
    }
    expect(Math.min(...times), `${times}`).toBeLessThan(50);
  });
});
