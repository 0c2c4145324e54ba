/** A result -> `swarm:execution:results`, once per instruction however often it is called; and results read back. */
import { limits } from '../limits.js';
import { type Result, resultSchema } from '../nerve/messages/result.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { runScript } from '../nerve/run-script.js';
import { newestMessages, parseEntry } from '../nerve/streams.js';

/** How far back a result is looked for when the rollout does not say where it is. */
const lookBackEntries = 100;

export interface Published {
  /** False when it had been published before; then what was published first stays. */
  readonly added: boolean;
  readonly streamId: string;
}

/**
 * The stream decides, in one script on one key, so two coordinators cannot both append. The rollout's field `result`
 * then remembers the place for ever; a crash before that is made good by the next call or never noticed.
 */
export async function publishResult(options: {
  readonly redis: Redis;
  readonly names: Names;
  readonly result: Result;
}): Promise<Published> {
  const { redis, names, result } = options;
  const place = await redis.hget(names.rollout(result.id), 'result');
  if (place !== null) return { added: false, streamId: place };
  const [added, streamId] = (await runScript(redis, 'append-result', names.results, [
    result.id,
    fittingJson(result),
    limits.streamEntriesMax,
    lookBackEntries,
  ])) as [number, string];
  await redis.hset(names.rollout(result.id), 'result', streamId);
  return { added: added === 1, streamId };
}

/** The result of one instruction; undefined when there is none, or it was trimmed long ago. */
export async function readResult(redis: Redis, names: Names, id: string): Promise<Result | undefined> {
  const place = await redis.hget(names.rollout(id), 'result');
  if (place === null) {
    const newest = await readNewestResults(redis, names, lookBackEntries);
    return newest.find((result) => result.id === id);
  }
  const entries = (await redis.xrange(names.results, place, place)) as [string, string[]][];
  const received = entries[0] && parseEntry(entries[0], resultSchema);
  return received?.ok ? received.value : undefined;
}

/** Whether there is an entry of it that `readResult` can make nothing of: of another version, or damaged. */
export async function isUnreadableResult(redis: Redis, names: Names, id: string): Promise<boolean> {
  const entries = await newestMessages(redis, names.results, resultSchema, limits.streamEntriesMax);
  return entries.some(
    (entry) => !entry.ok && (fieldIn(entry.raw, 'id') === id || fieldIn(entry.raw, 'decision') === id),
  );
}

/** The newest `count` entries, newest first; those that do not fit are left out. */
export async function readNewestResults(redis: Redis, names: Names, count: number): Promise<Result[]> {
  if (count < 1) return [];
  const entries = await newestMessages(redis, names.results, resultSchema, count);
  return entries.flatMap((entry) => (entry.ok ? [entry.value] : []));
}

function fieldIn(raw: string, field: 'id' | 'decision'): unknown {
  try {
    return (JSON.parse(raw) as Record<string, unknown> | null)?.[field];
  } catch {
    return undefined;
  }
}

/**
 * Readers refuse messages above the limit. Contributions are the only part that grows with the fleet (some 25 bytes an
 * agent, so from about 40,000 agents on): they are then left out of the message, which says so, and the points are
 * given from the result in hand.
 */
function fittingJson(result: Result): string {
  const json = JSON.stringify(result);
  if (Buffer.byteLength(json) <= limits.messageBytesMax) return json;
  const notes = Array.isArray(result.notes) ? result.notes : [];
  const note = `Contributions of ${Object.keys(result.contributions).length} agents are left out: the message would be too long.`;
  return JSON.stringify({ ...result, contributions: {}, notes: [...notes, note] });
}
