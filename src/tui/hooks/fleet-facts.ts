/**
 * Redis in, what the console knows about the fleet out. Only reads; streams are read from where the last reading
 * ended, so that nothing large is fetched or parsed twice.
 */
import type { ZodType } from 'zod';
import { limits } from '../../core/limits.js';
import { type Aggregate, type Alert, alertSchema, type Health } from '../../core/nerve/messages/aggregate.js';
import { type Decision, decisionSchema } from '../../core/nerve/messages/decision.js';
import { type Instruction, instructionSchema } from '../../core/nerve/messages/instruction.js';
import { type Result, resultSchema } from '../../core/nerve/messages/result.js';
import { type RolloutRecord, rolloutRecordSchema } from '../../core/nerve/messages/rollout-record.js';
import type { Names } from '../../core/nerve/names.js';
import { parseRecord, pipelined } from '../../core/nerve/records.js';
import type { Redis } from '../../core/nerve/redis.js';
import { parseEntry } from '../../core/nerve/streams.js';
import { readAggregate, readHealth, readHistory } from '../../core/orchestrator/read.js';

/** What Redis held at `atMs`; lists are newest last. */
export interface FleetFacts {
  readonly atMs: number;
  readonly agentsAlive: number;
  readonly agentsKnown: number;
  /** Workloads of some of the agents: `simulated`, `docker`. */
  readonly workloads: readonly string[];
  readonly decision?: Decision | undefined;
  readonly instruction?: Instruction | undefined;
  readonly rollout?: RolloutRecord | undefined;
  readonly result?: Result | undefined;
  readonly aggregate?: Aggregate | undefined;
  readonly health?: Health | undefined;
  readonly history: readonly Aggregate[];
  readonly alerts: readonly Alert[];
  readonly rejected: readonly Rejected[];
  /** Stream -> last entry seen. */
  readonly positions: Readonly<Record<string, string>>;
}

export interface Rejected {
  readonly streamId: string;
  readonly atMs: number;
  readonly reasons: readonly string[];
}

export interface ReadFactsOptions {
  readonly redis: Redis;
  readonly names: Names;
  readonly nowMs: number;
  readonly before?: FleetFacts | undefined;
}

const historyEntries = 240;
const listEntries = 50;
const sampledAgents = 8;

type Entry = [id: string, fields: string[] | null];

export async function readFleetFacts(options: ReadFactsOptions): Promise<FleetFacts> {
  const { redis, names, nowMs, before } = options;
  const fresh = (stream: string, count: number) =>
    redis.xrevrange(stream, '+', afterPosition(before?.positions[stream]), 'COUNT', count) as Promise<
      Entry[]
    >;
  const [
    alive,
    known,
    rollout,
    aggregate,
    health,
    history,
    decisions,
    instructions,
    results,
    alerts,
    rejected,
  ] = await Promise.all([
    redis.zcount(names.agents, nowMs - limits.agentAliveMs, '+inf'),
    redis.zcard(names.agents),
    readNewestRollout(redis, names),
    readAggregate(redis, names),
    readHealth(redis, names),
    before ? [] : readHistory(redis, names, historyEntries),
    fresh(names.decisions, 1),
    fresh(names.instructions, 1),
    fresh(names.results, 1),
    fresh(names.alerts, listEntries),
    fresh(names.instructionsRejected, listEntries),
  ]);
  return {
    atMs: nowMs,
    agentsAlive: alive,
    agentsKnown: known,
    workloads: await workloadsOf(options, known),
    rollout,
    aggregate,
    health,
    history: extendHistory(before?.history ?? history.reverse(), aggregate),
    decision: newest(decisions, decisionSchema) ?? before?.decision,
    instruction: newest(instructions, instructionSchema) ?? before?.instruction,
    result: newest(results, resultSchema) ?? before?.result,
    alerts: [...(before?.alerts ?? []), ...parsedAll(alerts, alertSchema)].slice(-listEntries),
    rejected: [...(before?.rejected ?? []), ...rejected.map(parseRejected).reverse()].slice(-listEntries),
    positions: {
      ...before?.positions,
      ...positionOf(names.decisions, decisions),
      ...positionOf(names.instructions, instructions),
      ...positionOf(names.results, results),
      ...positionOf(names.alerts, alerts),
      ...positionOf(names.instructionsRejected, rejected),
    },
  };
}

/** Read again only when agents came or went: what an agent works on does not change. */
async function workloadsOf(
  { redis, names, before }: ReadFactsOptions,
  known: number,
): Promise<readonly string[]> {
  if (before !== undefined && before.agentsKnown === known && before.workloads.length > 0)
    return before.workloads;
  const ids = await redis.zrevrange(names.agents, 0, sampledAgents - 1);
  const workloads = await pipelined<string, string | null>(redis, ids, (pipeline, id) =>
    pipeline.hget(names.agent(id), 'workload'),
  );
  return [...new Set(workloads.filter((workload) => workload !== null))].sort();
}

async function readNewestRollout(redis: Redis, names: Names): Promise<RolloutRecord | undefined> {
  const [id] = await redis.zrevrange(names.rollouts, 0, 0);
  if (id === undefined) return undefined;
  return parseRecord(await redis.hget(names.rollout(id), 'record'), rolloutRecordSchema);
}

/** The aggregate is appended when it is newer than the last one of the history. */
function extendHistory(
  history: readonly Aggregate[],
  aggregate: Aggregate | undefined,
): readonly Aggregate[] {
  const last = history.at(-1);
  if (aggregate === undefined || (last !== undefined && aggregate.at <= last.at)) return history;
  return [...history, aggregate].slice(-historyEntries);
}

function newest<T>(entries: readonly Entry[], schema: ZodType<T>): T | undefined {
  return parsedAll(entries, schema).at(-1);
}

/** Entries come newest first, values go out newest last; what does not fit is left out. */
function parsedAll<T>(entries: readonly Entry[], schema: ZodType<T>): T[] {
  return entries
    .map((entry) => parseEntry(entry, schema))
    .flatMap((received) => (received.ok ? [received.value] : []))
    .reverse();
}

function parseRejected([streamId, fields]: Entry): Rejected {
  const at = fields?.indexOf('reasons') ?? -1;
  const reasons = jsonOr(at < 0 ? undefined : fields?.[at + 1]);
  return {
    streamId,
    atMs: Number(streamId.split('-')[0]),
    reasons: Array.isArray(reasons) ? reasons.map(String) : [],
  };
}

/** Exclusive start of what is new; the whole stream when nothing was read before. */
function afterPosition(position: string | undefined): string {
  return position === undefined ? '-' : `(${position}`;
}

function positionOf(stream: string, entries: readonly Entry[]): Record<string, string> {
  const id = entries[0]?.[0];
  return id === undefined ? {} : { [stream]: id };
}

function jsonOr(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return text;
  }
}
