/** One agent's newest traces out of Redis, checked; damaged entries are counted, never fatal. */
import { type LoadTrace, loadTraceSchema, type Trace } from '../nerve/messages/trace-record.js';
import type { Names } from '../nerve/names.js';
import { parseRecord } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
import { createTraceParser, type TraceEntry } from './entries.js';

export interface StoredTrace {
  /** `trace:<agent>:<streamId>` names this trace. */
  readonly streamId: string;
  readonly trace: Trace;
}

export interface TraceReading {
  /** Newest first. */
  readonly traces: readonly StoredTrace[];
  /** Entries among those read that do not fit: another version, or damage. */
  readonly damaged: number;
}

/** At most the newest `count` entries are read; with `sinceMs`, of these only the traces of that time or later are given. */
export async function readTraces(
  redis: Redis,
  names: Names,
  agent: string,
  options: { readonly count: number; readonly sinceMs?: number | undefined },
): Promise<TraceReading> {
  if (options.count < 1) return { traces: [], damaged: 0 };
  // By the trace's own time: an id may be later than its trace (`write.ts`), and streams are short.
  const sinceMs = options.sinceMs ?? 0;
  const key = names.trace(agent);
  const entries = (await redis.xrevrangeBuffer(
    key,
    '+',
    '-',
    'COUNT',
    Math.floor(options.count),
  )) as TraceEntry[];
  const received = await createTraceParser(redis, names).parse(entries);
  return {
    traces: received.flatMap((entry) =>
      entry.ok && entry.value.at >= sinceMs ? [{ streamId: entry.streamId, trace: entry.value }] : [],
    ),
    damaged: received.filter((entry) => !entry.ok).length,
  };
}

/** How the agent last loaded a program, or tried to; undefined when it never did. */
export async function readLastLoad(
  redis: Redis,
  names: Names,
  agent: string,
): Promise<LoadTrace | undefined> {
  return parseRecord(await redis.hget(names.agent(agent), 'load'), loadTraceSchema);
}
