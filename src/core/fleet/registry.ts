/** The registry: who the agents are, which of them are alive, and which of them a selector means. */
import { z } from 'zod';
import { limits } from '../limits.js';
import {
  agentStatusSchema,
  type TransportName,
  transportNameSchema,
} from '../nerve/messages/agent-record.js';
import { digestSchema, identifierSchema } from '../nerve/messages/identifiers.js';
import type { Names } from '../nerve/names.js';
import { parseRecord, pipelinedReads } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
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
  /** Digest of what it offers to programs; absent: it publishes nothing. */
  readonly offer?: string;
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
  // An agent that comes twice is the same agent.
  const agents = new Map<string, RegisteredAgent>();
  const shared = shareTexts();
  let cursor = '0';
  do {
    const reply = await redis.zscan(names.agents, cursor, 'COUNT', agentsPerRead);
    cursor = reply[0];
    const beats = beatsIn(reply[1]);
    for (const agent of await recordsOf(redis, names, { beats, shared, nowMs })) agents.set(agent.id, agent);
  } while (cursor !== '0');
  return [...agents.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Those of them that are registered, in no order; each id once. */
export async function readAgents(
  redis: Redis,
  names: Names,
  { ids, nowMs }: { readonly ids: readonly string[]; readonly nowMs: number },
): Promise<RegisteredAgent[]> {
  const agents: RegisteredAgent[] = [];
  const shared = shareTexts();
  for (let from = 0; from < ids.length; from += agentsPerRead) {
    const part = ids.slice(from, from + agentsPerRead);
    const scores = await pipelinedReads<string, string | null>(redis, part, (pipeline, id) =>
      pipeline.zscore(names.agents, id),
    );
    const beats = beatsIn(part.flatMap((id, at) => (scores[at] ? [id, scores[at]] : [])));
    agents.push(...(await recordsOf(redis, names, { beats, shared, nowMs })));
  }
  return agents;
}

interface Beat {
  readonly id: string;
  readonly heartbeatMs: number;
}

async function recordsOf(
  redis: Redis,
  names: Names,
  { beats, shared, nowMs }: { beats: readonly Beat[]; shared: SharedTexts; nowMs: number },
): Promise<RegisteredAgent[]> {
  const agents: RegisteredAgent[] = [];
  const records = await pipelinedReads<Beat, (string | null)[]>(redis, beats, (pipeline, { id }) =>
    pipeline.hmget(names.agent(id), 'host', 'transport', 'labels', 'workload', 'status', 'live', 'offer'),
  );
  for (const [at, { id, heartbeatMs }] of beats.entries()) {
    const [host, transport, labels, workload, status, live, offer] = records[at] ?? [];
    if (!identifierSchema.safeParse(host).success || !host) continue;
    agents.push({
      id,
      host: shared.text(host),
      transport: transportNameSchema.safeParse(transport || undefined).data ?? 'bus',
      labels: shared.labels(labels),
      workload: shared.text(workload ?? 'unknown'),
      status: agentStatusSchema.safeParse(status).data ?? 'unknown',
      live: live ? shared.text(live) : undefined,
      ...(offer && digestSchema.safeParse(offer).success ? { offer: shared.text(offer) } : {}),
      heartbeatMs,
      alive: nowMs - heartbeatMs < limits.agentAliveMs,
    });
  }
  return agents;
}

/** Members and scores in turn. */
function beatsIn(scored: readonly string[]): Beat[] {
  const beats: Beat[] = [];
  for (let at = 0; at + 1 < scored.length; at += 2) {
    const id = scored[at] ?? '';
    const heartbeatMs = Number(scored[at + 1]);
    if (identifierSchema.safeParse(id).success && Number.isFinite(heartbeatMs))
      beats.push({ id, heartbeatMs });
  }
  return beats;
}

type SharedTexts = ReturnType<typeof shareTexts>;

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
