import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { alertSchema } from '../../src/core/nerve/messages/aggregate.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import { newestMessages } from '../../src/core/nerve/streams.js';
import { type OrchestratorOptions, runOrchestrator } from '../../src/core/orchestrator/loop.js';
import { readAggregate, readHistory } from '../../src/core/orchestrator/read.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { agentRecord, nowMs, putAgents } from './fleet-fixture.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

/** Runs for `rounds` rounds of a made-up clock; `between` happens after each round. */
async function runFor(
  rounds: number,
  change: Partial<OrchestratorOptions> = {},
  between: (round: number) => Promise<void> | void = () => undefined,
): Promise<unknown[]> {
  const errors: unknown[] = [];
  const controller = new AbortController();
  let round = 0;
  let timeMs = nowMs;
  await runOrchestrator({
    redis: server.redis,
    names: server.names,
    everyMs: 30_000,
    signal: controller.signal,
    clock: () => timeMs,
    holder: 'one',
    random: () => 0.5,
    wait: async (ms) => {
      timeMs += ms;
      round += 1;
      await between(round);
      if (round >= rounds) controller.abort();
    },
    onError: (thrown) => errors.push(thrown),
    ...change,
  });
  return errors;
}

async function alerts() {
  const received = await newestMessages(server.redis, server.names.alerts, alertSchema, 100);
  return received.map((entry) => (entry.ok ? entry.value : entry)).reverse();
}

const beat = (round: number) => putAgents(server, [agentRecord('a')], nowMs + round * 30_000);

describe('the orchestrator', () => {
  test('aggregates at every round while it holds the lease, and gives the lease back', async () => {
    await beat(0);
    expect(await runFor(3, {}, beat)).toEqual([]);
    expect(await readHistory(server.redis, server.names, 10)).toHaveLength(3);
    expect(await server.redis.exists(server.names.orchestratorLease)).toBe(0);
    expect(await alerts()).toEqual([]);
  });

  test('leaves the work to the one that holds the lease, and takes over when it is gone', async () => {
    await beat(0);
    const { redis, names } = server;
    await redis.set(names.orchestratorLease, 'another', 'PX', 60_000);
    await runFor(2, {}, beat);
    expect(await readAggregate(redis, names)).toBeUndefined();
    expect(await redis.get(names.orchestratorLease)).toBe('another');
    await runFor(2, {}, (round) =>
      round === 1 ? redis.del(names.orchestratorLease).then(() => undefined) : undefined,
    );
    expect(await readHistory(redis, names, 10)).toHaveLength(1);
  });

  test('holds a lease that expires by itself', async () => {
    let ttlMs = 0;
    await runFor(1, {}, async () => {
      ttlMs = await server.redis.pttl(server.names.orchestratorLease);
    });
    expect(ttlMs).toBeGreaterThan(30_000);
    expect(ttlMs).toBeLessThanOrEqual(62_000);
  });

  test('raises one alert when trouble lasts two ticks, and one when it is over', async () => {
    await beat(0);
    const heard: string[] = [];
    const listener = await server.connect();
    await listener.subscribe(server.names.alerts);
    listener.on('message', (_channel, text) => heard.push(text));
    await runFor(10, {}, (round) => (round < 2 || round > 5 ? beat(round) : undefined));
    const raised = await alerts();
    expect(raised.map((alert) => 'kind' in alert && [alert.severity, alert.message])).toEqual([
      ['critical', 'The fleet is down, was healthy: none of 1 known agents is alive.'],
      ['info', 'The fleet is healthy, was down.'],
    ]);
    await listener.ping();
    expect(heard.map((text) => JSON.parse(text).id)).toEqual(
      raised.map((alert) => 'id' in alert && alert.id),
    );
  });

  test('does not raise again what its predecessor raised', async () => {
    await runFor(3);
    expect(await alerts()).toHaveLength(1);
    await runFor(3, { holder: 'two' });
    expect(await alerts()).toHaveLength(1);
  });

  test('goes on after errors of Redis', async () => {
    await beat(0);
    const { redis, names } = server;
    await redis.set(names.history, 'not a stream');
    const errors = await runFor(4, {}, async (round) => {
      if (round === 2) await redis.del(names.history);
      await beat(round);
    });
    expect(errors.map(String)).toEqual([
      expect.stringContaining('WRONGTYPE'),
      expect.stringContaining('WRONGTYPE'),
    ]);
    expect(await readHistory(redis, names, 10)).toHaveLength(2);
  });

  test('ends at once when asked to while Redis does not answer', async () => {
    const controller = new AbortController();
    const silent = { evalsha: () => new Promise(() => controller.abort()) } as unknown as Redis;
    await runFor(1, { redis: silent, signal: controller.signal });
    expect(controller.signal.aborted).toBe(true);
  });

  test('survives a server that dies and comes back', async () => {
    const lonely = await startTestRedis();
    try {
      const { redis, names } = lonely;
      await putAgents(lonely, [agentRecord('a')]);
      const errors = await runFor(3, { redis, names }, async (round) => {
        if (round !== 1) return;
        await lonely.stopServer('kill');
        await lonely.startServer();
      });
      expect(errors.length).toBeLessThanOrEqual(1);
      expect((await readHistory(redis, names, 10)).length).toBeGreaterThanOrEqual(1);
    } finally {
      await lonely.stop();
    }
  });
});
