/** Agents as the hosts write them: records and heartbeats put into Redis for tests. */
import { agentRecordFields } from '../../src/core/nerve/agent-records.js';
import type { AgentRecord, TickMetrics } from '../../src/core/nerve/messages/agent-record.js';
import { pipelined } from '../../src/core/nerve/records.js';
import type { TestRedis } from '../support/redis.js';

export const nowMs = 1_767_225_600_000;
export const digest = `sha256:${'ab'.repeat(32)}`;

export function tickMetrics(change: Partial<TickMetrics> = {}): TickMetrics {
  return {
    at: nowMs,
    tasks: 10,
    cost: 8,
    latency: 0.2,
    throughput: 5,
    memory: 1e9,
    cpuTime: 30,
    completed: 100,
    failed: 0,
    applied: 0,
    refused: 0,
    ...change,
  };
}

export function agentRecord(id: string, change: Partial<AgentRecord> = {}): AgentRecord {
  return {
    id,
    host: 'host-1',
    labels: { role: 'worker' },
    workload: 'simulated',
    capabilities: [],
    status: 'idle',
    metrics: tickMetrics(),
    startedAt: nowMs - 60_000,
    ...change,
  };
}

/** Registers the agents, all heard of at `beatMs`. */
export async function putAgents(
  { redis, names }: Pick<TestRedis, 'redis' | 'names'>,
  records: readonly AgentRecord[],
  beatMs = nowMs,
): Promise<void> {
  await pipelined(redis, records, (pipeline, record) => pipeline.zadd(names.agents, beatMs, record.id));
  await pipelined(redis, records, (pipeline, record) =>
    pipeline.hset(names.agent(record.id), agentRecordFields(record)),
  );
}
