/** One agent's newest traces out of Redis, checked; damaged entries are counted, never fatal. */
import type { Redis } from 'ioredis';
import { type Trace, traceSchema } from '../nerve/messages/trace-record.js';
import type { Names } from '../nerve/names.js';
import { parseEntry } from '../nerve/streams.js';

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

/** At most `count` entries are read; with `sinceMs` only traces of that time or later are given. */
export async function readTraces(
  redis: Redis,
  names: Names,
  agent: string,
  options: { readonly count: number; readonly sinceMs?: number | undefined },
): Promise<TraceReading> {
  if (options.count < 1) return { traces: [], damaged: 0 };
  const sinceMs = Math.max(0, Math.floor(options.sinceMs ?? 0));
  // Ids are never earlier than their traces (`write.ts`), so no trace that is meant lies before this id.
  const entries = (await redis.xrevrange(
    names.trace(agent),
    '+',
    sinceMs === 0 ? '-' : String(sinceMs),
    'COUNT',
    Math.floor(options.count),
  )) as [string, string[]][];
  const received = entries.map((entry) => parseEntry(entry, traceSchema));
  return {
    traces: received.flatMap((entry) =>
      entry.ok && entry.value.at >= sinceMs ? [{ streamId: entry.streamId, trace: entry.value }] : [],
    ),
    damaged: received.filter((entry) => !entry.ok).length,
  };
}
