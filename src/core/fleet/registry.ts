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

/** Few enough that what a read leaves behind is collected young. */
const agentsPerRead = 250;

const labelsSchema = z.record(z.string(), z.string());

/**
 * All agents that ever registered and did not sign off, by id; those whose record is damaged are left out. Read part by
 * part, and what many agents have in common is kept once, so that a hundred thousand of them take a few megabytes.
 */
export async function listAgents(redis: Redis, names: Names, nowMs: number): Promise<RegisteredAgent[]> {
  const agents = new Map<string, RegisteredAgent>();
  const shared = shareTexts();
  let cursor = '0';
  do {
    const reply = await redis.zscan(names.agents, cursor, 'COUNT', agentsPerRead);
    cursor = reply[0];
    const beats = beatsIn(reply[1]);
    const records = await pipelinedReads<{ id: string }, (string | null)[]>(
      redis,
      beats,
      (pipeline, { id }) =>
        pipeline.hmget(names.agent(id), 'host', 'transport', 'labels', 'workload', 'status', 'live'),
    );
    for (const [at, { id, heartbeatMs }] of beats.entries()) {
      const [host, transport, labels, workload, status, live] = records[at] ?? [];
      if (!identifierSchema.safeParse(host).success || !host) continue;
      // An agent that comes twice is the same agent.
      agents.set(id, {
        id,
        host: shared.text(host),
        transport: transportNameSchema.safeParse(transport || undefined).data ?? 'bus',
        labels: shared.labels(labels),
        workload: shared.text(workload ?? 'unknown'),
        status: agentStatusSchema.safeParse(status).data ?? 'unknown',
        live: live ? shared.text(live) : undefined,
        heartbeatMs,
        alive: nowMs - heartbeatMs < limits.agentAliveMs,
      });
    }
  } while (cursor !== '0');
  return [...agents.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Members and scores in turn. */
function beatsIn(scored: readonly string[]): { id: string; heartbeatMs: number }[] {
  const beats: { id: string; heartbeatMs: number }[] = [];
  for (let at = 0; at + 1 < scored.length; at += 2) {
    const id = scored[at] ?? '';
    const heartbeatMs = Number(scored[at + 1]);
    if (identifierSchema.safeParse(id).success && Number.isFinite(heartbeatMs))
      beats.push({ id, heartbeatMs });
  }
  return beats;
}

/** Equal texts as one text, and equal labels as one object. */
function shareTexts() {
  const texts = new Map<string, string>();
  const parsed = new Map<string, RegisteredAgent['labels']>();
  return {
    text(text: string): string {
      const known = texts.get(text) ?? text;
      texts.set(known, known);
      return known;
    },
    labels(text: string | null | undefined): RegisteredAgent['labels'] {
      const known = parsed.get(text ?? '') ?? parseRecord(text, labelsSchema) ?? {};
      parsed.set(text ?? '', known);
      return known;
    },
  };
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
