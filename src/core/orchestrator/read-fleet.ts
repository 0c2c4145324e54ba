/** Redis -> what every known agent last said of itself and when it was last heard of; never scans. */
import { type AgentStatus, agentStatusSchema, tickMetricsSchema } from '../nerve/messages/agent-record.js';
import type { Names } from '../nerve/names.js';
import { parseRecord, pipelined } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
import type { AgentSample, FleetReading } from './aggregate.js';

/** One sorted set and four fields of each agent's hash, in pipelines: 1,160 commands for the reference fleet. */
export async function readFleet(
  redis: Redis,
  names: Names,
): Promise<Pick<FleetReading, 'samples' | 'heartbeats'>> {
  const heartbeats = heartbeatsOf(await redis.zrange(names.agents, '0', '-1', 'WITHSCORES'));
  const agents = [...heartbeats.keys()];
  const rows = await pipelined<string, (string | null)[]>(redis, agents, (pipeline, agent) =>
    pipeline.hmget(names.agent(agent), 'status', 'live', 'metrics', 'workload'),
  );
  const samples = new Map<string, AgentSample>();
  agents.forEach((agent, at) => {
    const sample = sampleOf(rows[at] ?? []);
    if (sample !== undefined) samples.set(agent, sample);
  });
  return { samples, heartbeats };
}

function heartbeatsOf(flat: readonly string[]): Map<string, number> {
  const heartbeats = new Map<string, number>();
  for (let at = 0; at + 1 < flat.length; at += 2) heartbeats.set(flat[at] as string, Number(flat[at + 1]));
  return heartbeats;
}

/** Undefined without a status: there is no record. Metrics that do not fit count as none, so the agent shows as stale. */
function sampleOf([status, live, metrics, workload]: readonly (string | null)[]): AgentSample | undefined {
  const known = agentStatusSchema.safeParse(status);
  if (!known.success) return undefined;
  const tick = parseRecord(metrics, tickMetricsSchema);
  return {
    status: known.data satisfies AgentStatus,
    workload: workload ?? '',
    ...(live ? { live } : {}),
    ...(tick === undefined ? {} : { metrics: tick }),
  };
}
