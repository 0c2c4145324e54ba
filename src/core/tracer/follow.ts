/** One agent's traces as they are written, until a signal is raised: an async iterator on a connection of its own. */
import { duplicateConnection } from '../nerve/connection.js';
import type { Trace } from '../nerve/messages/trace-record.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import type { Received } from '../nerve/streams.js';
import { createTraceParser, type TraceEntry } from './entries.js';

export interface FollowOptions {
  /** Any connection to the server; reading blocks on a copy of it. */
  readonly redis: Redis;
  readonly names: Names;
  readonly agent: string;
  readonly signal: AbortSignal;
  /** Entries after this stream id; without it those written from now on. */
  readonly afterId?: string;
}

/** A read returns after this long without entries, so that a connection that died silently is noticed. */
const blockMs = 5_000;
const entriesPerRead = 100;

/**
 * Gives damaged entries too, with their reasons, so that the listener can count them. Ends quietly with the signal;
 * throws when Redis is given up on. The connection is closed however the iteration ends.
 */
export async function* followTraces(options: FollowOptions): AsyncGenerator<Received<Trace>, void, void> {
  const { redis, names, agent, signal } = options;
  if (signal.aborted) return;
  const connection = await duplicateConnection(redis);
  const close = () => connection.disconnect();
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  try {
    const key = names.trace(agent);
    const parser = createTraceParser(connection, names);
    let after = options.afterId ?? (await lastId(connection, key));
    for (;;) {
      for (const entry of await parser.parse(await readAfter(connection, key, after))) {
        after = entry.streamId;
        yield entry;
        if (signal.aborted) return;
      }
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** A fixed id instead of `$`: with `$` what is written between two reads would be missed. */
async function lastId(connection: Redis, key: string): Promise<string> {
  const newest = (await connection.xrevrange(key, '+', '-', 'COUNT', 1)) as [id: string, fields: string[]][];
  return newest[0]?.[0] ?? '0-0';
}

async function readAfter(connection: Redis, key: string, after: string): Promise<TraceEntry[]> {
  const reply = (await connection.xreadBuffer(
    ...(['COUNT', entriesPerRead, 'BLOCK', blockMs, 'STREAMS', key, after] as const),
  )) as [Buffer, TraceEntry[]][] | null;
  return reply?.[0]?.[1] ?? [];
}
