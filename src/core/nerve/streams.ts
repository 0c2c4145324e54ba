/** Messages on streams: append (durable) and publish (wake), read a range, and consume as a group with reclaim. */
import type { ZodType } from 'zod';
import { limits } from '../limits.js';
import type { Redis } from './redis.js';
import { inOurWords, reasonsOf } from './schema-words.js';

/** One message as read: its stream id, and either the checked value or every reason why it does not fit. */
export type Received<T> =
  | { readonly streamId: string; readonly ok: true; readonly value: T; readonly raw: string }
  | { readonly streamId: string; readonly ok: false; readonly reasons: string[]; readonly raw: string };

type Entry = [id: string, fields: string[] | null];

/** Appends to the stream, then publishes the same JSON on the channel of the same name. Returns the stream id. */
export async function appendMessage(redis: Redis, stream: string, message: unknown): Promise<string> {
  const json = JSON.stringify(message);
  const streamId = await redis.xadd(stream, 'MAXLEN', '~', limits.streamEntriesMax, '*', 'json', json);
  await redis.publish(stream, json);
  return streamId ?? '';
}

/** The newest `count` messages, newest first. */
export async function newestMessages<T>(
  redis: Redis,
  stream: string,
  schema: ZodType<T>,
  count: number,
): Promise<Received<T>[]> {
  const entries = (await redis.xrevrange(stream, '+', '-', 'COUNT', count)) as Entry[];
  return entries.map((entry) => parseEntry(entry, schema));
}

export interface GroupOptions<T> {
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
  readonly schema: ZodType<T>;
  /** Messages that a consumer took and did not finish for this long are taken over. */
  readonly reclaimAfterMs?: number;
}

/**
 * Everything this consumer may handle now: what dead consumers left, then what is new; does not block.
 * Each is handed out until `acknowledge` is called for it (at least once).
 */
export async function takeFromGroup<T>(redis: Redis, options: GroupOptions<T>): Promise<Received<T>[]> {
  await ensureGroup(redis, options.stream, options.group);
  const entries: Entry[] = [];
  const reclaimAfterMs = options.reclaimAfterMs ?? limits.reclaimAfterMs;
  let cursor = '0-0';
  do {
    const reply = (await redis.xautoclaim(
      options.stream,
      options.group,
      options.consumer,
      reclaimAfterMs,
      cursor,
      'COUNT',
      100,
    )) as [string, Entry[]];
    cursor = reply[0];
    entries.push(...reply[1]);
  } while (cursor !== '0-0');
  for (;;) {
    const reply = (await redis.xreadgroup(
      'GROUP',
      options.group,
      options.consumer,
      'COUNT',
      100,
      'STREAMS',
      options.stream,
      '>',
    )) as [string, Entry[]][] | null;
    const fresh = reply?.[0]?.[1] ?? [];
    if (fresh.length === 0) break;
    entries.push(...fresh);
  }
  return entries.map((entry) => parseEntry(entry, options.schema));
}

/**
 * The next message for a consumer that handles one after the other, or undefined: first what it took before and did not
 * finish, then what a dead consumer left, then the oldest that is new. The caller makes sure that nobody else takes as
 * this consumer at the same time.
 */
export async function takeNextFromGroup<T>(
  redis: Redis,
  options: GroupOptions<T>,
): Promise<Received<T> | undefined> {
  const { stream, group, consumer, schema, reclaimAfterMs = limits.reclaimAfterMs } = options;
  await ensureGroup(redis, stream, group);
  const read = async (from: string) => {
    const reply = await redis.xreadgroup('GROUP', group, consumer, 'COUNT', 1, 'STREAMS', stream, from);
    return (reply as [string, Entry[]][] | null)?.[0]?.[1][0];
  };
  const reclaim = async () => {
    const reply = await redis.xautoclaim(stream, group, consumer, reclaimAfterMs, '0-0', 'COUNT', 1);
    return (reply as [string, Entry[]])[1][0];
  };
  const entry = (await read('0')) ?? (await reclaim()) ?? (await read('>'));
  return entry === undefined ? undefined : parseEntry(entry, schema);
}

/** What `takeFromGroup` would hand out now, oldest first, left where it is; about `count` of it. */
export async function peekAtGroup<T>(
  redis: Redis,
  {
    stream,
    group,
    schema,
    reclaimAfterMs = limits.reclaimAfterMs,
    count = limits.streamEntriesMax,
  }: Omit<GroupOptions<T>, 'consumer'> & { readonly count?: number },
): Promise<Received<T>[]> {
  const groups = (await redis.exists(stream)) ? ((await redis.xinfo('GROUPS', stream)) as unknown[][]) : [];
  const known = groups.find((fields) => fields[fields.indexOf('name') + 1] === group);
  if (known === undefined) return readRange(redis, { stream, schema, from: '-', count });
  const pending = (await redis.xpending(
    ...([stream, group, 'IDLE', reclaimAfterMs, '-', '+', count] as const),
  )) as [id: string][];
  const left: Received<T>[] = [];
  for (const [id] of pending)
    left.push(...(await readRange(redis, { stream, schema, from: id, to: id, count: 1 })));
  const last = String(known[known.indexOf('last-delivered-id') + 1]);
  return [...left, ...(await readRange(redis, { stream, schema, from: `(${last}`, count }))];
}

async function readRange<T>(
  redis: Redis,
  range: {
    readonly stream: string;
    readonly schema: ZodType<T>;
    readonly from: string;
    readonly to?: string;
    readonly count: number;
  },
): Promise<Received<T>[]> {
  const { stream, schema, from, to = '+', count } = range;
  const entries = (await redis.xrange(stream, from, to, 'COUNT', count)) as Entry[];
  return entries.map((entry) => parseEntry(entry, schema));
}

/** Marks messages of the group as handled. */
export async function acknowledge(
  redis: Redis,
  stream: string,
  group: string,
  streamIds: readonly string[],
): Promise<void> {
  if (streamIds.length > 0) await redis.xack(stream, group, ...streamIds);
}

/** Gives up a message that was taken, so that whoever looks next may take it over at once. */
export async function handBack(
  redis: Redis,
  { stream, group, consumer }: { readonly stream: string; readonly group: string; readonly consumer: string },
  streamId: string | undefined,
): Promise<void> {
  if (streamId === undefined) return;
  await redis.xclaim(stream, group, consumer, 0, streamId, 'IDLE', limits.reclaimAfterMs, 'JUSTID');
}

/** Keeps a message that did not fit, with every reason, where an operator can find it. */
export async function keepRejected(
  redis: Redis,
  rejectedStream: string,
  message: { readonly streamId: string; readonly raw: string; readonly reasons: readonly string[] },
): Promise<void> {
  await redis.xadd(
    rejectedStream,
    'MAXLEN',
    '~',
    limits.streamEntriesMax,
    '*',
    'from',
    message.streamId,
    'reasons',
    JSON.stringify(message.reasons),
    'message',
    message.raw.slice(0, limits.messageBytesMax),
  );
}

/** Parses the `json` field of an entry; an entry written as plain fields is taken as an object of these. */
export function parseEntry<T>(
  entry: readonly [string, readonly string[] | null],
  schema: ZodType<T>,
): Received<T> {
  const [streamId, fields] = entry;
  const raw = rawOf(fields);
  if (raw === null)
    return { streamId, ok: false, reasons: ['the entry has no field `json`'], raw: JSON.stringify(fields) };
  return parseMessage(streamId, raw, schema);
}

/** JSON text -> checked value or reasons; never throws. */
export function parseMessage<T>(streamId: string, raw: string, schema: ZodType<T>): Received<T> {
  if (Buffer.byteLength(raw) > limits.messageBytesMax) {
    return { streamId, ok: false, reasons: [`longer than ${limits.messageBytesMax} bytes`], raw };
  }
  if (nestsTooDeep(raw))
    return { streamId, ok: false, reasons: [`nested deeper than ${limits.messageDepthMax} levels`], raw };
  let document: unknown;
  try {
    document = JSON.parse(raw);
  } catch {
    return { streamId, ok: false, reasons: ['not JSON'], raw };
  }
  const parsed = schema.safeParse(document, inOurWords);
  if (parsed.success) return { streamId, ok: true, value: parsed.data, raw };
  return { streamId, ok: false, reasons: reasonsOf(parsed.error), raw };
}

/** Fields that are not known are kept and written again, and writing recurses: what is too deep would end the process there. */
function nestsTooDeep(raw: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at];
    if (isText) {
      if (character === '\\') at++;
      else if (character === '"') isText = false;
    } else if (character === '"') {
      isText = true;
    } else if (character === '{' || character === '[') {
      depth++;
      if (depth > limits.messageDepthMax) return true;
    } else if (character === '}' || character === ']') {
      depth--;
    }
  }
  return false;
}

function rawOf(fields: readonly string[] | null): string | null {
  if (fields === null) return null;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at] === 'json') return fields[at + 1] ?? null;
  }
  return null;
}

async function ensureGroup(redis: Redis, stream: string, group: string): Promise<void> {
  try {
    await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM');
  } catch (thrown) {
    if (!(thrown instanceof Error && thrown.message.startsWith('BUSYGROUP'))) throw thrown;
  }
}
