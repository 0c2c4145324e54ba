/** The registry: who the agents are, which of them are alive, and which of them a selector means. */
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { limits } from '../limits.js';
import {
  agentStatusSchema,
  type TransportName,
  transportNameSchema,
} from '../nerve/messages/agent-record.js';
import { identifierSchema } from '../nerve/messages/identifiers.js';
import type { Names } from '../nerve/names.js';
import { parseRecord, pipelinedReads } from '../nerve/records.js';
import { parseSelector } from './selector.js';

/** What choosing and addressing an agent needs; `nerve/agent-records.ts` reads the whole record. */
export interface RegisteredAgent {
  readonly id: string;
  readonly host: string;
  readonly transport: TransportName;
  readonly labels: Readonly<Record<string, string>>;
  readonly workload: string;
  readonly status: string;
  readonly live: string | undefined;
  readonly heartbeatMs: number;
  readonly alive: boolean;
}

const labelsSchema = z.record(z.string(), z.string());

/** All agents that ever registered and did not sign off, by id; those whose record is damaged are left out. */
export async function listAgents(redis: Redis, names: Names, nowMs: number): Promise<RegisteredAgent[]> {
  const scored = await redis.zrange(names.agents, 0, '-1', 'WITHSCORES');
  const beats: { id: string; heartbeatMs: number }[] = [];
  for (let at = 0; at + 1 < scored.length; at += 2) {
    const id = scored[at] ?? '';
    const heartbeatMs = Number(scored[at + 1]);
    if (identifierSchema.safeParse(id).success && Number.isFinite(heartbeatMs))
      beats.push({ id, heartbeatMs });
  }
  const replies = await pipelinedReads<{ id: string }, (string | null)[]>(redis, beats, (pipeline, { id }) =>
    pipeline.hmget(names.agent(id), 'host', 'transport', 'labels', 'workload', 'status', 'live'),
  );
  return beats
    .flatMap(({ id, heartbeatMs }, at) => {
      const [host, transport, labels, workload, status, live] = replies[at] ?? [];
      if (!identifierSchema.safeParse(host).success || !host) return [];
      return {
        id,
        host,
        transport: transportNameSchema.safeParse(transport || undefined).data ?? 'bus',
        labels: parseRecord(labels, labelsSchema) ?? {},
        workload: workload ?? 'unknown',
        status: agentStatusSchema.safeParse(status).data ?? 'unknown',
        live: live || undefined,
        heartbeatMs,
        alive: nowMs - heartbeatMs < limits.agentAliveMs,
      };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The living agents that a selector means; the empty selector means all of them. */
export async function selectAgents(
  redis: Redis,
  names: Names,
  { selector, nowMs }: { readonly selector: string; readonly nowMs: number },
): Promise<RegisteredAgent[]> {
  const matches = parseSelector(selector);
  return (await listAgents(redis, names, nowMs)).filter((agent) => agent.alive && matches(agent));
}
