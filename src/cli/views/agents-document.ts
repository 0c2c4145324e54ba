/** The registry and the agents' own records in, the documents of `agents list` and `agents show` out. */
import { DreamnetError } from '../../core/errors.js';
import { listAgents, type RegisteredAgent } from '../../core/fleet/registry.js';
import { parseSelector } from '../../core/fleet/selector.js';
import { readAgentRecords } from '../../core/nerve/agent-records.js';
import type { AgentRecord } from '../../core/nerve/messages/agent-record.js';
import type { RolloutAgent } from '../../core/nerve/messages/rollout-record.js';
import type { Names } from '../../core/nerve/names.js';
import type { Redis } from '../../core/nerve/redis.js';
import { newestRollouts, readRollout, readRolloutAgents } from '../../core/nerve/rollout-records.js';
import { readLedger } from '../../core/rewards/points.js';
import { closest } from '../closest.js';

export interface ListedAgent {
  readonly id: string;
  readonly alive: boolean;
  /** What the agent said of itself last. */
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly workload: string;
  readonly host: string;
  /** Digest of the live program; null: none yet. */
  readonly program: string | null;
  readonly heartbeatAgeMs: number;
  readonly tasks: number | null;
  /** Dollars per hour. */
  readonly cost: number | null;
}

export interface AgentsDocument {
  /** Agents known, alive, and meant by the selector; `agents` holds the first of these. */
  readonly known: number;
  readonly alive: number;
  readonly selected: number;
  readonly agents: readonly ListedAgent[];
}

export interface AgentDocument {
  readonly agent: ListedAgent;
  readonly record: AgentRecord | null;
  /** The newest rollout that it was a target of. */
  readonly rollout:
    | (RolloutAgent & { readonly id: string; readonly type: string; readonly state: string })
    | null;
  /** Instruction -> points. */
  readonly points: Readonly<Record<string, number>>;
}

export interface Reading {
  readonly redis: Redis;
  readonly names: Names;
  readonly nowMs: number;
}

/** Sorted by id. */
export async function agentsDocument(
  reading: Reading,
  { selector, limit }: { readonly selector: string; readonly limit: number },
): Promise<AgentsDocument> {
  const { redis, names, nowMs } = reading;
  const known = await listAgents(redis, names, nowMs);
  const selected = known.filter(parseSelector(selector));
  const shown = selected.slice(0, limit);
  const records = await readAgentRecords(
    redis,
    names,
    shown.map(({ id }) => id),
  );
  return {
    known: known.length,
    alive: known.filter(({ alive }) => alive).length,
    selected: selected.length,
    agents: shown.map((agent, at) => listed(agent, records[at], nowMs)),
  };
}

/** One that signed off is found by the record it left. Throws DN311 for an agent that never registered. */
export async function agentDocument(reading: Reading, id: string): Promise<AgentDocument> {
  const { redis, names, nowMs } = reading;
  const [record] = await readAgentRecords(redis, names, [id]);
  const known = await listAgents(redis, names, nowMs);
  const agent = known.find((one) => one.id === id) ?? (record && signedOff(record));
  if (agent === undefined) throw unknownAgent(id, known);
  return {
    agent: listed(agent, record, nowMs),
    record: record ?? null,
    rollout: await newestRolloutOf(reading, id),
    points: await readLedger(redis, names, id),
  };
}

/** Throws DN311 for an agent that never registered. */
export async function requireAgent(reading: Reading, id: string): Promise<void> {
  await agentDocument(reading, id);
}

/** Rollouts looked back through for one that an agent was part of. */
const rolloutsLookedAt = 5;

async function newestRolloutOf({ redis, names }: Reading, agent: string): Promise<AgentDocument['rollout']> {
  for (const id of await newestRollouts(redis, names, rolloutsLookedAt)) {
    const part = (await readRolloutAgents(redis, names, id)).get(agent);
    const rollout = part && (await readRollout(redis, names, id));
    if (part && rollout) {
      const { instruction, state } = rollout;
      return { id, type: instruction.type, state, ...part, batch: part.batch + 1 };
    }
  }
  return null;
}

function signedOff(record: AgentRecord): RegisteredAgent {
  const { id, host, transport = 'bus', labels, workload, status, live, metrics, startedAt } = record;
  return {
    id,
    host,
    transport,
    labels,
    workload,
    status,
    live,
    heartbeatMs: metrics?.at ?? startedAt,
    alive: false,
  };
}

function unknownAgent(id: string, known: readonly RegisteredAgent[]): DreamnetError {
  const ids = known.map((one) => one.id);
  const near = closest(id.slice(0, 80), ids) ?? ids[0];
  return new DreamnetError({
    code: 'DN311',
    kind: 'bad-input',
    message: `There is no agent ${JSON.stringify(id.slice(0, 80))}; ${known.length} ${known.length === 1 ? 'is' : 'are'} registered.`,
    hint:
      near === undefined ? 'Start some with `dreamnet up`.' : `Try ${near}, or see \`dreamnet agents list\`.`,
  });
}

function listed(agent: RegisteredAgent, record: AgentRecord | undefined, nowMs: number): ListedAgent {
  const { id, alive, status, labels, workload, host, live, heartbeatMs } = agent;
  return {
    id,
    alive,
    status,
    labels,
    workload,
    host,
    program: live ?? null,
    heartbeatAgeMs: Math.max(0, nowMs - heartbeatMs),
    tasks: record?.metrics?.tasks ?? null,
    cost: record?.metrics?.cost ?? null,
  };
}
